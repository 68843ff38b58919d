package output

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/announcement"
)

func newPrinter(out, progress io.Writer, format Format) *Printer {
	p := NewPrinter(command.Terminal{Out: out, Progress: progress}, time.Now)
	p.Format = format
	return p
}

func newSheet() Sheet {
	s := NewSheet(Columns("task_id: task", "duration_ms: duration", "updated_at: updated"))
	s.Add("a\n", 90*time.Second, time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC))
	s.Add("b", nil, time.Time{})
	return s
}

func TestPrint(t *testing.T) {
	for format, want := range map[Format]string{
		Table: "╭──────┬──────────┬─────────────────────╮\n" +
			"│ task │ duration │ updated (UTC)       │\n" +
			"├──────┼──────────┼─────────────────────┤\n" +
			"│ a\\n  │    1m30s │ 2026-01-31 12:00:00 │\n" +
			"│ b    │          │                     │\n" +
			"╰──────┴──────────┴─────────────────────╯\n",
		CSV:  "task_id,duration_ms,updated_at\na\\n,90000,2026-01-31T12:00:00.000Z\nb,,\n",
		JSON: "[\n  \"<\\u0085>\"\n]\n",
	} {
		t.Run(string(format), func(t *testing.T) {
			var out, progress bytes.Buffer
			p := newPrinter(&out, &progress, format)
			Print(p, []string{"<\u0085>"}, newSheet(), nil)
			if out.String() != want || progress.Len() > 0 || p.Err() != nil {
				t.Errorf("got %v:\n%s%s", p.Err(), out.String(), progress.String())
			}
		})
	}
}

// TestLongTable: the first rows of a long table are printed before it ends, and decide the widths of all; later text
// is wrapped.
func TestLongTable(t *testing.T) {
	var out bytes.Buffer
	list := newPrinter(&out, io.Discard, Table).NewList("task", Columns("task_id: task", "took"))
	for i := range 2*firstRows + 1 {
		if i == firstRows+1 && strings.Count(out.String(), "\n") != 3+firstRows {
			t.Errorf("after %d rows, it had printed\n%s", i, out.String())
		}
		id := "first"
		if i == 2*firstRows {
			id = "the last"
		}
		list.Add(nil, id, i)
	}
	list.End()
	if !strings.HasPrefix(out.String(), "╭───────┬──────╮\n│ task  │ took │\n├───────┼──────┤\n│ first │    0 │\n") ||
		!strings.HasSuffix(out.String(), "\n│ first │ 1999 │\n│ the   │ 2000 │\n│ last  │      │\n╰───────┴──────╯\n") ||
		strings.Count(out.String(), "\n") != 2*firstRows+6 {
		t.Errorf("got\n%s", out.String())
	}
}

// TestFullDisk: the error of a write is kept, whatever is printed after it.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, format := range []Format{Table, CSV, JSON} {
		t.Run(string(format), func(t *testing.T) {
			p := newPrinter(full, full, format)
			p.Progressf("progress may be lost\n")
			if err := p.Err(); err != nil {
				t.Errorf("after progress: %v", err)
			}
			Print(p, []string{"a"}, newSheet(), nil)
			p.Printf("more\n")
			if err := p.Err(); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "write the results: ") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestColors(t *testing.T) {
	for name, test := range map[string]struct {
		colored bool
		want    any
	}{
		"OKTerminal":    {true, "\x1b[31mfailed\x1b[0m"},
		"OKFileWithout": {false, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPrinter(command.Terminal{Colored: test.colored}, time.Now)
			if got := p.Cell(announcement.Failed); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestDuration: a duration has two units, and none that is zero.
func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "7ms": 7*time.Millisecond + 300*time.Microsecond, "1.2s": 1234 * time.Millisecond, "59s": 59 * time.Second,
		"1m": time.Minute, "3m25s": 205 * time.Second, "1h": time.Hour, "1h1m": time.Hour + 119*time.Second,
		"1d": 24 * time.Hour, "1d2h": 26*time.Hour + 59*time.Minute, "-5s": -5 * time.Second,
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
}

// TestAges: a terminal shows how long ago a time was, unless somebody wants the whole time or the machine's.
func TestAges(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		columns         int
		wide, localTime bool
		at              time.Time
		want            any
	}{
		"OKAgo":        {columns: 80, at: now.Add(-time.Second), want: "1s ago"},
		"OKNow":        {columns: 80, at: now.Add(-time.Second + 1), want: "now"},
		"OKIn":         {columns: 80, at: now.Add(5 * time.Second), want: "in 5s"},
		"OKNone":       {columns: 80, want: ""},
		"OKWide":       {columns: 80, wide: true, at: now, want: "2026-01-31 12:00:00"},
		"OKLocalTime":  {columns: 80, localTime: true, at: now, want: now.Local().Format(time.DateTime)},
		"OKNoTerminal": {at: now, want: "2026-01-31 12:00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPrinter(command.Terminal{Columns: test.columns}, func() time.Time { return now })
			p.Wide, p.LocalTime = test.wide, test.localTime
			if got := p.cell(test.at); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestReassure: after two seconds of silence, whoever watches reads that the command is at work.
func TestReassure(t *testing.T) {
	for name, test := range map[string]struct {
		watched bool
		print   func(*Printer)
		want    string
	}{
		"OK":               {true, func(*Printer) {}, "Waiting for AWS …\n"},
		"SilentUnwatched":  {false, func(*Printer) {}, ""},
		"SilentAfterWords": {true, func(p *Printer) { p.Progressf("words\n") }, "words\n"},
		"SilentAtResults":  {true, func(p *Printer) { p.Printf("results\n") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var progress bytes.Buffer
				p := newPrinter(io.Discard, &progress, Table)
				p.Watched = test.watched
				defer p.Reassure()()
				test.print(p)
				<-time.After(silence + 1)
				synctest.Wait()
				if got := progress.String(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

// TestFit: long text wraps first, then columns give way, and ids wrap last.
func TestFit(t *testing.T) {
	columns := GivingWay(Columns("id", "runtime", "took", "error"), "took", "runtime")
	for terminal, want := range map[int][]int{
		126: {36, 9, 4, 64}, 100: {36, 9, 4, 38}, 86: {36, 9, 4, 24}, 85: {36, 9, 0, 30}, 78: {36, 0, 0, 35},
		60: {36, 0, 0, 17}, 51: {36, 0, 0, 8}, 40: {25, 0, 0, 8}, 20: {8, 0, 0, 8},
	} {
		p := NewPrinter(command.Terminal{Columns: terminal}, time.Now)
		if got := p.fit(columns, []int{36, 9, 4, 64}, []bool{true, true, false, true}); !slices.Equal(got, want) {
			t.Errorf("%d columns: got %v, want %v", terminal, got, want)
		}
	}
}

// TestLayout: at any width, a table stays a table. Long text wraps first, then columns give way, and ids wrap last.
func TestLayout(t *testing.T) {
	const id = "3f2c1a90-5b6e-4a3d-9c1f-0123456789ab"
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	columns := GivingWay(Columns("id: task", "runtime", "at: updated", "took", "error"), "took", "runtime", "at")
	rows := NewSheet(columns)
	rows.Add(id, "sdruntime", now.Add(-3*time.Minute), 2*time.Second, strings.Repeat("CUDA out of memory ", 5))
	for name, test := range map[string]struct {
		columns    int
		wide       bool
		want, none string
	}{
		"OKFile":      {0, false, "2026-01-31 11:57:00", "3m ago"},
		"OKWide":      {80, true, "2026-01-31 11:57:00", "3m ago"},
		"OK120":       {120, false, "3m ago", "(UTC)"},
		"OK100":       {100, false, "sdruntime", "(UTC)"},
		"OK80":        {80, false, "3m ago", "runtime"},
		"OK60":        {60, false, "CUDA", "updated"},
		"OK40":        {40, false, "CUDA", "updated"},
		"Overflows20": {20, false, "CUDA", "updated"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := NewPrinter(command.Terminal{Out: &out, Columns: test.columns}, func() time.Time { return now })
			p.Wide = test.wide
			p.PrintTable(rows)
			if !strings.Contains(out.String(), test.want) || strings.Contains(out.String(), test.none) {
				t.Errorf("got\n%s", out.String())
			}
			for line := range strings.Lines(out.String()) {
				if width := utf8.RuneCountInString(line) - 1; test.columns > 20 && !test.wide && width > test.columns {
					t.Errorf("%d columns, not %d, in\n%s", width, test.columns, out.String())
					break
				}
			}
			if test.columns >= 60 && !strings.Contains(out.String(), id) {
				t.Errorf("the id is not whole:\n%s", out.String())
			}
		})
	}
}
