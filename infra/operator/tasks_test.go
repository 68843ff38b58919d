package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// noon is the time at which the tests run the command.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// hostile is text that would change what a terminal shows.
const hostile = "a\x1b[31m\nb\u0085\u009b2J\u202ec\u2028\u2066d\r\tß 画"

// history is a table of tasks for the tests to look at.
type history struct {
	t *testing.T
	*tasktable.Table
	variables []string
}

// record records an announcement of a task, published so long before noon.
func (h history) record(before time.Duration, message string) announcement.Announcement {
	h.t.Helper()
	a, err := announcement.Parse([]byte(message))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.publish(before, a)
}

// fail records the failure of a task.
func (h history) fail(before time.Duration, a announcement.Announcement) {
	h.t.Helper()
	a.Status = announcement.Failed
	h.publish(before, a)
}

func (h history) publish(before time.Duration, a announcement.Announcement) announcement.Announcement {
	h.t.Helper()
	a.PublishedAt = noon.Add(-before)
	a.MessageID = "sns-" + a.PublishedAt.Format(time.RFC3339)
	if _, err := h.Record(h.t.Context(), a); err != nil {
		h.t.Fatal(err)
	}
	return a
}

// deliver records a delivery so long before noon.
func (h history) deliver(a announcement.Announcement, before time.Duration, d tasktable.Delivery) {
	h.t.Helper()
	d.At = noon.Add(-before)
	if _, err := h.RecordDelivery(h.t.Context(), a, d); err != nil {
		h.t.Fatal(err)
	}
}

// newHistory is a day's tasks: of each kind one.
func newHistory(t *testing.T) history {
	table := localtest.Table(t)
	h := history{t, &tasktable.Table{Client: table.Client, Name: table.Name}, []string{"TASK_TABLE=" + table.Name}}
	addEnvironment(t, nowhere...)
	addEnvironment(t, "AWS_ENDPOINT_URL_DYNAMODB="+table.Proxy.URL, "AWS_ENDPOINT_URL_S3=http://127.0.0.1:9",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret", "AWS_REGION="+localtest.Region)
	const minute, day = time.Minute, 24 * time.Hour

	h.fail(3*day, announcement.Announcement{TaskID: "old", Runtime: "sdruntime", Error: "CUDA out of memory"})
	h.record(5*minute, `{"id":"crash","status":"running","runtime":"comfyui"}`)
	h.record(40*minute, `{"id":"crash","status":"running","runtime":"comfyui"}`)
	h.record(2*minute, `{"id":"young","status":"running","runtime":"sdruntime"}`)

	h.record(10*minute, `{"id":"done","status":"running","runtime":"sdruntime"}`)
	done := h.record(9*minute, `{"id":"done","result":true,"runtime":"sdruntime","image_url":["s3://out/done/1.png",`+
		`"s3://out/done/2.png"],"output_url":"s3://out/done.out","context":{"user":"\u001b\u202e","n":[1,2.50]},"seed":7}`)
	h.deliver(done, 9*minute-1500*time.Millisecond, tasktable.Delivery{Status: tasktable.Delivered,
		URIs: []string{"s3://images/done/1.png", "s3://images/done/ü 2.png"}, Empty: []string{"s3://images/done/1.png"}})
	h.record(20*minute, `{"id":"done","result":true,"runtime":"sdruntime","image_url":["s3://out/done/0.png"]}`)

	h.record(31*minute, `{"id":"none","status":"running","runtime":"comfyui"}`)
	none := h.record(30*minute, `{"id":"none","result":true,"runtime":"comfyui","context":{"n":NaN}}`)
	h.deliver(none, 30*minute, tasktable.Delivery{Status: tasktable.DeliveryEmpty})
	denied := h.record(50*minute, `{"id":"denied","result":true,"image_url":["s3://out/denied.png"]}`)
	h.deliver(denied, 0, tasktable.Delivery{Status: tasktable.DeliveryFailed, Error: "AccessDenied:\n" + hostile})

	h.fail(time.Hour, announcement.Announcement{TaskID: hostile, Runtime: hostile, Error: hostile,
		Context: []byte("{\"text\":\"\u202e\u009b\"}")})
	return h
}

// run runs sdtasks at noon.
func (h history) run(args ...string) outcome {
	return outcomeOf(h.t, program{variables: h.variables, now: func() time.Time { return noon }}, args...)
}

// golden compares text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	// The local S3 server changes the working directory.
	path := filepath.Join(localtest.Root(), "infra/operator/testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got, unlike %s (-update rewrites it):\n%s", path, got)
	}
}

// signature is what differs between two links to one object.
var signature = regexp.MustCompile(`X-Amz-(Date|Signature|Credential)=[0-9A-Za-z%_-]+`)

// TestGolden runs every subcommand that looks at tasks.
func TestGolden(t *testing.T) {
	h := newHistory(t)
	for name, args := range map[string]string{
		"list.txt":           "list",
		"list.json":          "list --output json --limit 2",
		"list.csv":           "list --output csv",
		"list-failed.txt":    "list --status failed --status running --since 2h",
		"list-delivery.txt":  "list --delivery failed",
		"list-none.txt":      "list --delivery none --runtime comfyui",
		"list-between.txt":   "list --since 2026-01-31T11:20:00Z --until 25m",
		"list-limit.txt":     "list --limit 3",
		"list-nothing.json":  "list --runtime other --output json",
		"list-nothing.txt":   "list --runtime other",
		"stuck.txt":          "stuck --for 10m",
		"stuck.json":         "stuck --for 10m --output json",
		"stuck.csv":          "stuck --for 1m --output csv",
		"failures.txt":       "failures --since 1w",
		"failures-day.csv":   "failures --output csv",
		"get.txt":            "get done --links --expires 15m",
		"get.json":           "get done --links --output json",
		"get.csv":            "get done --output csv",
		"get-running.txt":    "get crash",
		"get-denied.txt":     "get denied",
		"get-nan.txt":        "get none",
		"get-nan.json":       "get none --output json",
		"watch.txt":          "watch done none",
		"watch.json":         "watch done --output json",
		"stats.txt":          "stats",
		"stats.json":         "stats --since 1d --output json",
		"stats.csv":          "stats --output csv",
		"stats-nothing.txt":  "stats --since 2025-01-01T00:00:00Z --until 2025-02-01T00:00:00Z",
		"stats-nothing.json": "stats --since 1ms --output json",
	} {
		t.Run(name, func(t *testing.T) {
			got := h.run(strings.Fields(args)...)
			if got.code != 0 {
				t.Fatalf("exit code %d: %s", got.code, got.progress)
			}
			golden(t, name, signature.ReplaceAllString(got.progress+got.out, "X-Amz-$1=…"))
		})
	}
}

func TestHostileTask(t *testing.T) {
	h := newHistory(t)
	for _, output := range []string{"table", "json", "csv"} {
		t.Run(output, func(t *testing.T) {
			got := h.run("get", hostile, "--output", output)
			if got.code != 0 {
				t.Fatalf("exit code %d: %s", got.code, got.progress)
			}
			for _, r := range got.out {
				if r != '\n' && unsafe(r) {
					t.Fatalf("%U is printed as it is:\n%q", r, got.out)
				}
			}
			golden(t, "get-hostile."+output, got.out)
		})
	}
}
