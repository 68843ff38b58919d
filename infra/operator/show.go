package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"sdtasktracker/shared/deadletter"
)

// show prints the totals and the dead letters in Letters.
func (s *session) show(request deadletter.Request, total deadletter.Answer) error {
	switch s.Output {
	case "json":
		return printJSON(s.out, []deadletter.Answer{total})
	case "csv":
		return s.printCSV(lettersSheet(total))
	}
	show(s.out, request, total)
	return nil
}

// lettersSheet has a line for each queue, without an error, and one for each dead
// letter.
func lettersSheet(total deadletter.Answer) sheet {
	rows := sheet{headings: []heading{{"queue", ""}, {"redriven", ""}, {"failed", ""}, {"listed", ""}, {"skipped", ""},
		{"left", ""}, {"task", ""}, {"age_ms", ""}, {"error", ""}}}
	for _, queue := range slices.SortedFunc(maps.Keys(total.Queues), deadletter.Compare) {
		c := total.Queues[queue]
		rows.rows = append(rows.rows, []any{queue, c.Redriven, c.Failed, c.Listed, c.Skipped, c.Left, nil, nil, nil})
	}
	for _, l := range total.Letters {
		rows.rows = append(rows.rows,
			[]any{l.Queue, nil, nil, nil, nil, nil, identity(l), time.Duration(l.Age), l.Error})
	}
	return rows
}

// show prints for people, the oldest dead letter first.
func show(out io.Writer, request deadletter.Request, total deadletter.Answer) {
	summary := newTable(out)
	header, title := table.Row{"queue", "redriven", "failed again", "skipped", "left"}, "Failed again"
	if request.DryRun {
		header, title = table.Row{"queue", "listed", "skipped", "left"}, "Dead letters"
	}
	summary.AppendHeader(header)
	details := 0
	for _, queue := range slices.SortedFunc(maps.Keys(total.Queues), deadletter.Compare) {
		c := total.Queues[queue]
		row := table.Row{queue, c.Redriven, c.Failed, c.Skipped, c.Left}
		if request.DryRun {
			row = table.Row{queue, c.Listed, c.Skipped, c.Left}
		}
		summary.AppendRow(row)
		details += c.Listed + c.Failed
	}
	summary.Render()
	if len(total.Letters) > 0 {
		if len(total.Letters) < details {
			title = fmt.Sprintf("%s, %d of %d", title, len(total.Letters), details)
		}
		fmt.Fprintf(out, "\n%s:\n", title)
		showLetters(out, total.Letters)
	}
	if total.Throttled > 0 {
		fmt.Fprintln(out, "\n"+throttled(total.Throttled))
	}
	if total.More {
		fmt.Fprintln(out, "\n"+more(request))
	}
}

// throttled says how many invocations Lambda throttled.
func throttled(n int) string {
	if n == 1 {
		return "Lambda throttled 1 invocation; it was tried again later."
	}
	return fmt.Sprintf("Lambda throttled %d invocations; they were tried again more slowly.", n)
}

// more says why there may be more dead letters than were looked at.
func more(request deadletter.Request) string {
	if request.DryRun && !request.HasConditions() {
		return fmt.Sprintf("There are more. Without a condition, a dry run stops at %d in each queue.", request.Limit())
	}
	return "There may be more, which it did not get to."
}

func showLetters(out io.Writer, letters []deadletter.Letter) {
	t := newTable(out)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: 80, WidthMaxEnforcer: prettytext.WrapSoft}})
	t.AppendHeader(table.Row{"queue", "task", "age", "error"})
	slices.SortFunc(letters, func(x, y deadletter.Letter) int { return cmp.Compare(y.Age, x.Age) })
	for _, l := range letters {
		t.AppendRow(table.Row{l.Queue, escape(identity(l)), time.Duration(l.Age), escape(l.Error)})
	}
	t.Render()
}

// identity is what to look for in the logs: the task, or the SNS message; the
// dead letter's own ID, which no log has, where it tells neither.
func identity(l deadletter.Letter) string {
	switch {
	case l.TaskID != "":
		return l.TaskID
	case l.SNSMessageID != "":
		return "SNS message " + l.SNSMessageID
	}
	return "SQS message " + l.MessageID
}

// showSaved prints what became of the dead letters that were to be saved.
func (s *session) showSaved(queues []*saved) error {
	rows := sheet{headings: []heading{{"queue", "queue"}, {"saved", "saved"}, {"deleted", "deleted"},
		{"skipped", "skipped"}, {"left", "left"}}}
	type counts struct {
		Queue                         deadletter.Queue
		Saved, Deleted, Skipped, Left int
	}
	var all []counts
	for _, q := range queues {
		rows.rows = append(rows.rows, []any{q.queue, q.saved, q.deleted, q.skipped, q.left})
		all = append(all, counts{q.queue, q.saved, q.deleted, q.skipped, q.left})
	}
	if s.Output == "json" {
		return printJSON(s.out, all)
	}
	return s.printSheet(rows)
}

func newTable(out io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = prettytext.FormatDefault
	return t
}
