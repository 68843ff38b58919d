package tasks

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"time"
	"unicode/utf8"

	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// view is a task with the fields that get and the lists show.
type view struct {
	// details has no attributes in lists: only get reads them.
	details tasktable.Details
	now     time.Time
	// own has the fields that the subcommand sets itself, by name.
	own map[string]any
}

// newView returns the view of a task. In lists, the details have no attributes.
func newView(details tasktable.Details, now time.Time) view {
	v := view{details, now, map[string]any{}}
	task := details.Task
	v.add("request", document(task.Request), len(task.Request) > 0)
	for name, raw := range map[string]json.RawMessage{"context": task.Context, "extra": task.Extra} {
		if !document(raw).valid() {
			name += "_json"
		}
		v.add(name, document(raw), len(raw) > 0)
	}
	return v
}

// add adds a field, if it is known.
func (v view) add(name string, value any, known bool) {
	if known {
		v.own[name] = value
	}
}

// of returns the task's value of a field; nil if it is not known.
func (v view) of(f fields.Field) any {
	if own, ok := v.own[f.Name]; ok {
		return own
	}
	return f.Of(v.details, v.now)
}

// MarshalJSON writes an object with the known fields, in their order.
func (v view) MarshalJSON() ([]byte, error) {
	var o object
	for _, f := range fields.All {
		o.add(f.Name, v.of(f))
	}
	return o.encode()
}

// object is a JSON object whose fields keep their order.
type object struct {
	text bytes.Buffer
	err  error // from encoding fields
}

// add adds a field, unless it is nil. Durations become milliseconds.
func (o *object) add(name string, value any) {
	if value == nil {
		return
	}
	if d, ok := value.(time.Duration); ok {
		value = d.Milliseconds()
	}
	separator := ","
	if o.text.Len() == 0 {
		separator = "{"
	}
	o.text.WriteString(separator + `"` + name + `":`)
	encoder := json.NewEncoder(&o.text)
	encoder.SetEscapeHTML(false)
	o.err = errors.Join(o.err, encoder.Encode(value))
}

func (o *object) encode() ([]byte, error) {
	o.text.WriteString("}")
	return o.text.Bytes(), o.err
}

// links are presigned URLs of a task's delivered objects, which expire together.
type links []objects.Link

func (l links) urls() (urls []string) {
	for _, link := range l {
		urls = append(urls, link.URL)
	}
	return urls
}

// document is a caller's JSON. It is not valid JSON if it has NaN, infinities or invalid UTF-8.
type document json.RawMessage

func (d document) valid() bool { return json.Valid(d) && utf8.Valid(d) }

// MarshalJSON writes the document as it is, or as text if it is not valid JSON.
func (d document) MarshalJSON() ([]byte, error) {
	if d.valid() {
		return d, nil
	}
	return json.Marshal(string(d))
}

// String is the document as it is.
func (d document) String() string { return string(d) }

// givingWay lists the fields that a list leaves out, in this order, if the terminal is too narrow.
var givingWay = []string{"image_count", "duration_ms", "runtime", "delivery_status", "first_started_at", "updated_at"}

// printTasks prints the wanted tasks, up to a limit if it is not 0: everything known in JSON, else the columns. It says
// if more follow.
func printTasks(p *output.Printer, columns []fields.Field, limit uint, now time.Time,
	tasks iter.Seq2[tasktable.Task, error], wants func(tasktable.Task) bool,
) error {
	var headings []output.Column
	for _, f := range columns {
		headings = append(headings, output.Column{Name: f.Name, Title: f.Title})
	}
	list, count := p.NewList("task", output.GivingWay(headings, givingWay...)), uint(0)
	for task, err := range tasks {
		if err != nil {
			return err
		}
		if !wants(task) {
			continue
		}
		if count++; limit > 0 && count > limit {
			break
		}
		v := newView(tasktable.Details{Task: task}, now)
		var row []any
		for _, f := range columns {
			row = append(row, v.of(f))
		}
		list.Add(v, row...)
	}
	list.End()
	if limit > 0 && count > limit {
		p.Progressf("Only the first %s: --limit 0 shows all.\n", output.Count(int(limit), "task"))
	}
	return nil
}

// collect returns all tasks.
func collect(all iter.Seq2[tasktable.Task, error]) (tasks []tasktable.Task, err error) {
	for task, err := range all {
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}

// each yields tasks.
func each(tasks []tasktable.Task) iter.Seq2[tasktable.Task, error] {
	return func(yield func(tasktable.Task, error) bool) {
		for _, task := range tasks {
			if !yield(task, nil) {
				return
			}
		}
	}
}

// everyTask is the filter that keeps every task.
func everyTask(tasktable.Task) bool { return true }
