package command

import (
	"strings"
	"testing"
	"time"
)

// noon is the time at which the tests look.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func TestMoment(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Time{
		"90s": noon.Add(-90 * time.Second), "10m": noon.Add(-10 * time.Minute), "24h": noon.Add(-day),
		"7d": noon.Add(-7 * day), "2w": noon.Add(-14 * day), "1h30m": noon.Add(-90 * time.Minute), "0s": noon, "now": noon,
		"2026-01-30T12:00:00Z":          noon.Add(-day),
		"2026-01-30T13:00:00.001+01:00": noon.Add(-day + time.Millisecond),
		"0001-01-01T00:00:00Z":          {},
	} {
		t.Run("OK "+text, func(t *testing.T) {
			var m Moment
			if err := m.UnmarshalText([]byte(text)); err != nil || !m.Time(noon).Equal(want) {
				t.Errorf("got %s, %v", m.Time(noon), err)
			}
		})
	}
	for _, text := range []string{"", "d", "10", "-1h", "-1d", "+1d", "1.5d", "1d2h", "7D", " 7d", "soon", "2026-01-30",
		"99999999999999999999w", "15251w", "9223372036854775807d"} {
		t.Run("Err "+text, func(t *testing.T) {
			var m Moment
			if err := m.UnmarshalText([]byte(text)); err == nil {
				t.Errorf("got %s", m.Time(noon))
			}
			var s Span
			if err := s.UnmarshalText([]byte(text)); err == nil {
				t.Errorf("got the span %s", time.Duration(s))
			}
		})
	}
}

// FuzzMoment: whatever is accepted and relative is not in the future, and a span
// is never negative.
func FuzzMoment(f *testing.F) {
	for _, text := range []string{"90s", "7d", "2w", "15250w", "-1h", "2026-01-30T12:00:00Z", "1e9h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m Moment
		err := m.UnmarshalText([]byte(text))
		if err == nil && m.relative && m.Time(noon).After(noon) {
			t.Errorf("%q is %s", text, m.Time(noon))
		}
		if err != nil && !strings.Contains(err.Error(), "neither") {
			t.Errorf("the error is %v", err)
		}
		var s Span
		if err := s.UnmarshalText([]byte(text)); err == nil && s < 0 {
			t.Errorf("the span %q is %s", text, time.Duration(s))
		}
	})
}
