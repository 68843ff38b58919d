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

// show prints the totals and the dead letters in Letters, oldest first.
func show(out io.Writer, request deadletter.Request, total deadletter.Answer) {
	summary := newTable(out)
	summary.AppendHeader(table.Row{"queue", "redriven", "failed again", "skipped", "left"})
	for _, queue := range slices.SortedFunc(maps.Keys(total.Queues), deadletter.Compare) {
		c := total.Queues[queue]
		summary.AppendRow(table.Row{queue, c.Redriven, c.Failed, c.Skipped, c.Left})
	}
	summary.Render()
	if len(total.Letters) == 0 {
		return
	}
	title := "Failed again:"
	if request.DryRun {
		title = "Dead letters:"
	}
	fmt.Fprintln(out, "\n"+title)
	letters := newTable(out)
	letters.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: 80, WidthMaxEnforcer: prettytext.WrapSoft}})
	letters.AppendHeader(table.Row{"queue", "task", "age", "error"})
	slices.SortFunc(total.Letters, func(x, y deadletter.Letter) int { return cmp.Compare(y.Age, x.Age) })
	for _, l := range total.Letters {
		letters.AppendRow(table.Row{l.Queue, cmp.Or(l.TaskID, "message "+l.MessageID), time.Duration(l.Age), l.Error})
	}
	letters.Render()
}

func newTable(out io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = prettytext.FormatDefault
	return t
}
