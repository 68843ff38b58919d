package demo

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deployment"
)

// printResults prints the task table, the delivered objects and the dead letters.
func printResults(w io.Writer, s *stack.Stack, tasks []task, o observation) {
	items := newTable(w, "Task table "+s.Outputs[deployment.TaskTable],
		"task_id", "status", "runtime", "caller", "queued_at", "started_at", "finished_at", "delivery_status", "delivered")
	for _, t := range tasks {
		if item, ok := o.items[t.id]; ok {
			items.AppendRow(table.Row{t.id, item.Status, item.Runtime, item.Caller, clock(item.QueuedAt),
				clock(item.StartedAt), clock(item.FinishedAt), item.DeliveryStatus, len(item.Delivered)})
		}
	}
	items.Render()

	objects := newTable(w, "Delivery bucket "+s.Outputs[deployment.DeliveryBucket], "key", "bytes")
	for _, key := range slices.Sorted(maps.Keys(o.objects)) {
		objects.AppendRow(table.Row{key, len(o.objects[key])})
	}
	objects.Render()
	if s.ObjectsDir != "" {
		fmt.Fprintf(w, "The objects are plain files: %s\n", filepath.Join(s.ObjectsDir, s.Outputs[deployment.DeliveryBucket]))
	}

	events := newTable(w, "Task events, published to "+s.Outputs[deployment.TaskEventsTopicARN],
		"event", "task_id", "delivered", "error, delivery_error")
	wrapLast(events, 4, 50)
	for _, e := range o.events {
		events.AppendRow(table.Row{e.Kind, e.TaskID, len(e.Delivered), cmp.Or(e.Error, e.DeliveryError)})
	}
	events.Render()

	letters := newTable(w, "Dead letters", "queue", "error")
	wrapLast(letters, 2, 80)
	for _, l := range o.letters {
		letters.AppendRow(table.Row{strings.TrimSuffix(l.queue, "Url"), attribute(l.message, "ErrorMessage")})
	}
	letters.Render()
	fmt.Fprintf(w, "The functions' logs: %s\n", s.LogsDir)
}

// wrapLast wraps the long texts in a table's last column, the number-th, at a width in characters.
func wrapLast(t table.Writer, number, width int) {
	t.SetColumnConfigs([]table.ColumnConfig{{Number: number, WidthMax: width, WidthMaxEnforcer: prettytext.WrapSoft}})
}

func newTable(w io.Writer, title string, columns ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = 0 // as the attributes are spelled
	t.Style().Title.Format = 0
	t.AppendHeader(table.Row(columns))
	fmt.Fprintf(w, "\n%s\n", title)
	return t
}

// clock is the time of day, "" for none.
func clock(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("15:04:05.000")
}

func attribute(message sqstypes.Message, name string) string {
	return aws.ToString(message.MessageAttributes[name].StringValue)
}
