package operatortest

import (
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Noon is the time at which tests with a history run the command.
var Noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// Hostile is text that would change what a terminal shows.
const Hostile = "a\x1b[31m\nb\u0085\u009b2J\u202ec\u2028\u2066d\r\tß 画"

// History is a task table that tests list, show and count.
type History struct {
	T     *testing.T
	table *tasktable.Table
	// Proxy is in front of the table.
	Proxy *faultproxy.Proxy
	// Surroundings are for running subcommands at Noon.
	Surroundings cli.Surroundings
}

// Record records an announcement of a task, published so long before Noon.
func (h *History) Record(before time.Duration, message string) announcement.Announcement {
	h.T.Helper()
	a, err := announcement.Parse([]byte(message))
	if err != nil {
		h.T.Fatal(err)
	}
	return h.publish(before, a)
}

// Fail records the failure of a task.
func (h *History) Fail(before time.Duration, a announcement.Announcement) {
	h.T.Helper()
	a.Status = announcement.Failed
	h.publish(before, a)
}

// Ask records the request for a task. From then on, what a task was asked for comes from its request.
func (h *History) Ask(before time.Duration, a announcement.Announcement) {
	h.T.Helper()
	a.Status, h.table.Requests = announcement.Queued, true
	h.publish(before, a)
}

func (h *History) publish(before time.Duration, a announcement.Announcement) announcement.Announcement {
	h.T.Helper()
	a.PublishedAt = Noon.Add(-before)
	a.Caller, _ = a.ContextText("user")
	if a.Status == announcement.Completed && len(a.ImageURLs) > 1 {
		a.Request = announcement.AskedByOutput([]byte(`{"parameters":{"prompt":"a cat\u001b[31m","seed":7,"steps":20}}`))
	}
	a.MessageID = "sns-" + a.PublishedAt.Format(time.RFC3339)
	if _, err := h.table.Record(h.T.Context(), a); err != nil {
		h.T.Fatal(err)
	}
	return a
}

// Deliver records a delivery so long before Noon.
func (h *History) Deliver(a announcement.Announcement, before time.Duration, d tasktable.Delivery) {
	h.T.Helper()
	d.At = Noon.Add(-before)
	if _, err := h.table.RecordDelivery(h.T.Context(), a, d); err != nil {
		h.T.Fatal(err)
	}
}

// NewHistory is a day's tasks, one of each kind. The environment is its table's.
func NewHistory(t *testing.T) *History {
	t.Helper()
	table := localtest.Table(t)
	h := &History{T: t, table: &tasktable.Table{Client: table.Client, Name: table.Name}, Proxy: table.Proxy}
	h.Surroundings = cli.Surroundings{
		Clock:     command.Clock{Now: func() time.Time { return Noon }, Pause: command.SystemClock.Pause},
		Variables: []string{"TASK_TABLE=" + table.Name},
	}
	AddEnvironment(t, Nowhere...)
	AddEnvironment(t, "AWS_ENDPOINT_URL_DYNAMODB="+table.Proxy.URL, "AWS_ENDPOINT_URL_S3=http://127.0.0.1:9",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret", "AWS_REGION="+localtest.Region)
	const minute, day = time.Minute, 24 * time.Hour

	h.Fail(3*day, announcement.Announcement{TaskID: "old", Runtime: "sdruntime", Error: "CUDA out of memory",
		Context: []byte(`{"user":"u-7"}`)})
	h.Record(5*minute, `{"id":"crash","status":"running","runtime":"comfyui"}`)
	h.Record(40*minute, `{"id":"crash","status":"running","runtime":"comfyui"}`)
	h.Record(2*minute, `{"id":"young","status":"running","runtime":"sdruntime"}`)

	h.Record(10*minute, `{"id":"done","status":"running","runtime":"sdruntime"}`)
	done := h.Record(9*minute, `{"id":"done","result":true,"runtime":"sdruntime","image_url":["s3://out/done/1.png",`+
		`"s3://out/done/2.png"],"output_url":"s3://out/done.out","context":{"user":"\u001b\u202e","n":[1,2.50]},"seed":7}`)
	h.Deliver(done, 9*minute-1500*time.Millisecond, tasktable.Delivery{Status: tasktable.Delivered,
		URIs: []string{"s3://images/done/1.png", "s3://images/done/ü 2.png"}, Empty: []string{"s3://images/done/1.png"}})
	h.Record(20*minute, `{"id":"done","result":true,"runtime":"sdruntime","image_url":["s3://out/done/0.png"]}`)

	h.Record(31*minute, `{"id":"none","status":"running","runtime":"comfyui"}`)
	none := h.Record(30*minute, `{"id":"none","result":true,"runtime":"comfyui","context":{"n":NaN}}`)
	h.Deliver(none, 30*minute, tasktable.Delivery{Status: tasktable.DeliveryEmpty})
	denied := h.Record(50*minute, `{"id":"denied","result":true,"image_url":["s3://out/denied.png"],`+
		`"context":{"user":"u-7"}}`)
	h.Deliver(denied, 0, tasktable.Delivery{Status: tasktable.DeliveryFailed, Error: "AccessDenied:\n" + Hostile})

	h.Fail(time.Hour, announcement.Announcement{TaskID: Hostile, Runtime: Hostile, Error: Hostile,
		Context: []byte("{\"text\":\"\u202e\u009b\"}")})
	return h
}
