// Package report writes one HTML page about tasks: what they are, their images,
// when they ran, and what failed. It needs nothing but the file itself, and runs no
// script: everything in it comes from others.
package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"sdtasktracker/shared/tasktable"
)

// Page is what the page shows.
type Page struct {
	// Title is the stack's name, and what else tells this page from others.
	Title string
	// Made is when the page was made.
	Made  time.Time
	Tasks []Task
	// Letters are dead letters.
	Letters []Letter
	// Notes tell what the page leaves out.
	Notes []string
}

// Task is a task with images to show.
type Task struct {
	Task   tasktable.Task
	Images []Image
}

// Image is a delivered object.
type Image struct {
	// URI is s3://BUCKET/KEY.
	URI string
	// Source is where a browser finds it: [Inline] or a presigned URL; "" shows its
	// URI only.
	Source template.URL
}

// Letter is a dead letter.
type Letter struct{ Queue, Task, Error string }

// mostInline is the size of the largest image that [Inline] takes, in bytes.
const mostInline = 1 << 20

// Inline is an image as part of the page; "" if browsers do not show it, or if it is
// larger than a megabyte.
func Inline(content []byte) template.URL {
	kind := http.DetectContentType(content)
	shown := []string{"image/png", "image/jpeg", "image/gif", "image/webp"}
	if len(content) > mostInline || !slices.Contains(shown, kind) {
		return ""
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(content))
}

// Link is a presigned URL; "" if it is none.
func Link(url string) template.URL {
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://127.0.0.1:") {
		return ""
	}
	return template.URL(url)
}

//go:embed page.html
var source string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock": Clock, "took": took,
}).Parse(source))

// Write writes the page.
func Write(w io.Writer, p Page) error {
	if err := page.Execute(w, view{p, newTimeline(p.Tasks)}); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// view is what the template reads.
type view struct {
	Page     Page
	Timeline timeline
}

// Counts says how many tasks have each status, for the page's head.
func (p Page) Counts() string {
	counts, order := map[string]int{}, []string{}
	for _, t := range p.Tasks {
		status := string(t.Task.Status)
		if counts[status]++; counts[status] == 1 {
			order = append(order, status)
		}
	}
	slices.Sort(order)
	parts := []string{fmt.Sprintf("%d tasks", len(p.Tasks))}
	for _, status := range order {
		parts = append(parts, fmt.Sprintf("%d %s", counts[status], status))
	}
	return strings.Join(parts, ", ")
}

// Clock is a time in UTC to the second; "" for the zero time.
func Clock(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.DateTime)
}

// took is how long a task ran, "" if that is not known.
func took(t tasktable.Task) string {
	d, known := t.Duration()
	if !known {
		return ""
	}
	return d.Round(time.Millisecond).String()
}

// timeline is the time that all tasks took together.
type timeline struct{ from, to time.Time }

func newTimeline(tasks []Task) (line timeline) {
	for _, t := range tasks {
		for _, at := range []time.Time{t.Task.StartedAt, t.Task.FinishedAt, t.Task.DeliveredAt} {
			if at.IsZero() {
				continue
			}
			if line.from.IsZero() || at.Before(line.from) {
				line.from = at
			}
			if at.After(line.to) {
				line.to = at
			}
		}
	}
	return line
}

// Bar is a part of the timeline, in percent of it.
type Bar struct {
	Kind, Title string
	Left, Width float64
}

// Bars are a task's: while it ran, and until its images were delivered. A moment has
// a bar too.
func (l timeline) Bars(t tasktable.Task) (bars []Bar) {
	add := func(kind string, from, to time.Time) {
		if !from.IsZero() && !to.IsZero() {
			bars = append(bars, Bar{kind, kind + " " + Clock(from) + " to " + Clock(to) + " UTC", l.percent(from),
				l.percent(to) - l.percent(from)})
		}
	}
	start, end := t.StartedAt, t.FinishedAt
	switch {
	case end.IsZero() && !start.IsZero():
		add("running", start, l.to)
	case start.IsZero() || start.After(end):
		add("ended", end, end)
	default:
		add("ran", start, end)
	}
	if !end.IsZero() && t.DeliveredAt.After(end) {
		add("delivery", end, t.DeliveredAt)
	}
	return bars
}

func (l timeline) percent(at time.Time) float64 {
	whole := l.to.Sub(l.from)
	if whole <= 0 {
		return 0
	}
	return 100 * float64(at.Sub(l.from)) / float64(whole)
}
