package output

import "time"

// Zone returns the name of the time zone that times are shown in.
func (p *Printer) Zone() string {
	if p.LocalTime {
		return p.now().Local().Format("MST")
	}
	return "UTC"
}

// showsAges reports whether tables show ages instead of times.
func (p *Printer) showsAges() bool { return p.columns > 0 && !p.Wide && !p.LocalTime }

// Time returns a time to the second, in UTC or the machine's time zone; "" for the zero time.
func (p *Printer) Time(at time.Time) string {
	switch {
	case at.IsZero():
		return ""
	case p.LocalTime:
		return at.Local().Format(time.DateTime)
	}
	return at.UTC().Format(time.DateTime)
}

// TimeAndAge returns a time and, in a terminal, its age.
func (p *Printer) TimeAndAge(at time.Time) string {
	if p.columns == 0 {
		return p.Time(at)
	}
	return p.Time(at) + " (" + p.age(at) + ")"
}

// age returns how long ago a time was, or in how long it will be.
func (p *Printer) age(at time.Time) string {
	switch d := p.now().Sub(at); {
	case at.IsZero():
		return ""
	case d < 0:
		return "in " + Duration(-d)
	case d < time.Second:
		return "now"
	default:
		return Duration(d) + " ago"
	}
}
