package output

import (
	"fmt"
	"time"

	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"sdtasktracker/shared/announcement"
)

// Cell returns a value for people.
func (p *Printer) Cell(value any) any {
	switch value := value.(type) {
	case time.Time:
		return p.Time(value)
	case time.Duration:
		return Duration(value)
	case int:
		return value
	case announcement.Status:
		if color, ok := colors[value]; ok && p.colored {
			return color.Sprint(value)
		}
	}
	return plain(value)
}

var colors = map[announcement.Status]prettytext.Color{
	announcement.Running: prettytext.FgYellow, announcement.Completed: prettytext.FgGreen,
	announcement.Failed: prettytext.FgRed,
}

// cell returns a value for a cell of a table.
func (p *Printer) cell(value any) any {
	if at, ok := value.(time.Time); ok && p.showsAges() {
		return p.age(at)
	}
	return p.Cell(value)
}

// plain returns a value for programs.
func plain(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case time.Time:
		if value.IsZero() {
			return ""
		}
		return announcement.FormatTime(value)
	case time.Duration:
		return fmt.Sprint(value.Milliseconds())
	}
	return Escape(fmt.Sprint(value))
}

// Count returns a number of things, such as "1 task" or "2 tasks".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprint(n, " ", thing, "s")
}

// Throttled says that Lambda throttled a number of invocations.
func Throttled(n int) string {
	if n == 1 {
		return "Lambda throttled 1 invocation, which was retried."
	}
	return fmt.Sprintf("Lambda throttled %d invocations, which were retried at a lower rate.", n)
}

// Duration returns a duration in its two largest units, such as 1d2h or 3m25s.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return inUnits(d, day, "d", time.Hour, "h")
	case d >= time.Hour:
		return inUnits(d, time.Hour, "h", time.Minute, "m")
	case d >= time.Minute:
		return inUnits(d, time.Minute, "m", time.Second, "s")
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}

func inUnits(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprint(int(d/large), largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprint(int(rest), smallName)
	}
	return text
}
