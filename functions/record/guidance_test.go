package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

var update = flag.Bool("update", false, "rewrite testdata/guidance")

// guidanceRun is what one release of the guidance published: its API function and its agents, run unmodified against a
// local stack and a server that answered as the SD Web UI and ComfyUI do.
type guidanceRun struct {
	objects  map[string]string       // the .out objects, by key
	messages []events.SNSEventRecord // in the order in which they were published
}

func readGuidanceRun(t *testing.T, path string) (run guidanceRun) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	run.objects = map[string]string{}
	for line := range strings.Lines(string(data)) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		name, text, _ := strings.Cut(rest, "\t")
		if kind == "object" {
			run.objects[name] = text
			continue
		}
		at, err := time.Parse(announcement.TimeLayout, name)
		if err != nil {
			t.Fatal(err)
		}
		message := events.SNSEntity{MessageID: fmt.Sprint("m", len(run.messages)), Timestamp: at, Message: text}
		if kind == "input" {
			message.TopicArn = inputTopic
		}
		run.messages = append(run.messages, events.SNSEventRecord{SNS: message})
	}
	return run
}

// play records the messages, in the order given, and returns the table's items by id.
func (r guidanceRun) play(t *testing.T, set func(*Handler)) map[string]tasktable.Task {
	t.Helper()
	f, store := newFixture(t), localtest.Buckets(t, "sd-output-bucket")
	for key, text := range r.objects {
		store.Put(t, "sd-output-bucket", key, text)
	}
	f.Outputs, f.Environment.OutputBucket = s3.NewFromConfig(asDeployed(store.Proxy.URL)), "sd-output-bucket"
	f.Environment.CallerContext = "user"
	set(f.Handler)
	for _, message := range r.messages {
		if f.Environment.InputTopic == "" && message.SNS.TopicArn != "" {
			continue
		}
		if err := f.Handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{message}}); err != nil {
			t.Errorf("%s: %v", message.SNS.Message, err)
		}
	}
	if strings.Contains(f.log.String(), "lighthouse") {
		t.Errorf("the log has a prompt: %s", f.log)
	}
	all, err := f.table.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.table.Name)})
	if err != nil {
		t.Fatal(err)
	}
	tasks := map[string]tasktable.Task{}
	for _, item := range all.Items {
		id := item[tasktable.PartitionKey].(*types.AttributeValueMemberS).Value
		tasks[id] = f.task(t, id)
	}
	return tasks
}

func withRequests(h *Handler) {
	h.Environment.InputTopic, h.Environment.TaskRequests, h.Table.Requests = inputTopic, true, true
}

func withoutRequests(h *Handler) { h.Environment.TaskRequests = true }

// TestGuidance: each release's messages result in one item per task, in whatever order they come. Without requests,
// the raw outputs show what the SD Web UI was asked for.
func TestGuidance(t *testing.T) {
	paths, err := filepath.Glob("testdata/guidance/*.tsv")
	if err != nil || len(paths) != 7 {
		t.Fatalf("%d releases, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".tsv"), func(t *testing.T) {
			run := readGuidanceRun(t, path)
			tasks := run.play(t, withRequests)
			golden := strings.TrimSuffix(path, "tsv") + "golden"
			if *update {
				if err := os.WriteFile(golden, []byte(describe(tasks)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if got := describe(tasks); err != nil || got != string(want) {
				t.Errorf("got, unlike %s (-update rewrites it): %v\n%s", golden, err, got)
			}
			slices.Reverse(run.messages)
			if got := describe(run.play(t, withRequests)); got != string(want) {
				t.Errorf("in reverse order:\n%s", got)
			}
			for id, task := range run.play(t, withoutRequests) {
				asked, ended := promptOf(tasks[id]), task.Status == announcement.Completed && task.OutputURL != ""
				if ended && asked != "" && promptOf(task) != asked {
					t.Errorf("task %s was asked for %s, and its raw output says %s", id, tasks[id].Request, task.Request)
				}
			}
		})
	}
}

func promptOf(task tasktable.Task) string {
	var request struct{ Prompt string }
	_ = json.Unmarshal(task.Request, &request) // there may be none
	return request.Prompt
}

// describe has a few lines for each task, by id.
func describe(tasks map[string]tasktable.Task) string {
	var b strings.Builder
	clock := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return at.Format("15:04:05.000")
	}
	for _, id := range slices.Sorted(maps.Keys(tasks)) {
		task := tasks[id]
		fmt.Fprintf(&b, "%s %s, runtime %q, caller %q, %d images\n", task.ID, task.Status, task.Runtime, task.Caller,
			task.ImageCount)
		fmt.Fprintf(&b, "\tqueued %s, started %s, finished %s\n", clock(task.QueuedAt), clock(task.StartedAt),
			clock(task.FinishedAt))
		for _, text := range []string{string(task.Context), string(task.Request), task.Error} {
			if text != "" {
				fmt.Fprintf(&b, "\t%s\n", text)
			}
		}
	}
	return b.String()
}
