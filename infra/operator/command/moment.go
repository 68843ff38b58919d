package command

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// MomentFormats are the formats of a [Moment], for help texts.
const MomentFormats = "now, 90s, 10m, 24h, 7d or 2w ago, or an RFC 3339 time"

// Span is a length of time on the command line, such as 90s, 10m, 24h, 7d or 2w.
type Span time.Duration

// UnmarshalText reads a span. A day has 24 hours.
func (s *Span) UnmarshalText(text []byte) error {
	d, ok := parseSpan(string(text))
	if !ok || d < 0 {
		return fmt.Errorf("%q is not a length of time such as 90s, 10m, 24h, 7d or 2w", text)
	}
	*s = Span(d)
	return nil
}

func parseSpan(text string) (d time.Duration, ok bool) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if text == "" {
		return 0, false
	}
	unit, long := units[text[len(text)-1]]
	if !long {
		d, err := time.ParseDuration(text)
		return d, err == nil
	}
	count, err := strconv.ParseUint(text[:len(text)-1], 10, 63)
	if err != nil || count > uint64(math.MaxInt64/unit) {
		return 0, false
	}
	return time.Duration(count) * unit, true
}

// Moment is a time on the command line: an RFC 3339 time, "now", or how long ago it was.
type Moment struct {
	at       time.Time
	ago      time.Duration
	relative bool
}

// UnmarshalText reads a moment.
func (m *Moment) UnmarshalText(text []byte) error {
	if string(text) == "now" {
		text = []byte("0s")
	}
	if d, ok := parseSpan(string(text)); ok && d >= 0 {
		*m = Moment{ago: d, relative: true}
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is neither a length of time such as 90s, 10m, 24h, 7d or 2w, nor an RFC 3339 time such as "+
			"2026-01-31T15:04:05Z", text)
	}
	*m = Moment{at: at}
	return nil
}

// Time is the moment as seen now.
func (m Moment) Time(now time.Time) time.Time {
	if m.relative {
		return now.Add(-m.ago)
	}
	return m.at
}
