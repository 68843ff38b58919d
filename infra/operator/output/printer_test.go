package output

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
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
