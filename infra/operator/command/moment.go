package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MomentFormats are the formats of a [Moment], for help texts.
const MomentFormats = "now, 90s, 10m, 24h, 7d or 2w ago, or an RFC 3339 time"

// Span is a length of time on the command line, such as 90s, 10m, 24h, 7d or 2w.
type Span time.Duration

// UnmarshalText reads a span. A day has 24 hours.
func (s *Span) UnmarshalText(text []byte) error {
	hours := string(text)
	for unit, length := range map[string]uint64{"d": 24, "w": 7 * 24} {
		count, of := strings.CutSuffix(string(text), unit)
		if n, err := strconv.ParseUint(count, 10, 32); of && err == nil {
			hours = fmt.Sprint(n*length, "h")
		}
	}
	d, err := time.ParseDuration(hours)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a length of time such as 90s, 10m, 24h, 7d or 2w", text)
	}
	*s = Span(d)
	return nil
}

// Moment is a time on the command line: an RFC 3339 time, "now", or a span before now. The zero Moment is the zero
// time.
type Moment struct {
	at       time.Time
	ago      time.Duration
	relative bool
}

// UnmarshalText reads a moment.
func (m *Moment) UnmarshalText(text []byte) error {
	var ago Span
	if string(text) == "now" || ago.UnmarshalText(text) == nil {
		*m = Moment{ago: time.Duration(ago), relative: true}
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

// Time returns the moment as a time, given the current time.
func (m Moment) Time(now time.Time) time.Time {
	if m.relative {
		return now.Add(-m.ago)
	}
	return m.at
}
