// Package bench measures record and deliver as Lambda runs them, and guards what can be
// counted: requests, connections and round trips of a first invocation, bytes of a
// package, and what packages allocate before main.
package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
)

// sandbox is an initialized sandbox of a function.
type sandbox struct {
	host     *lambdahost.Host
	endpoint *endpoint
	name     string
	pid      int
	init     time.Duration
}

// start starts record or deliver in front of an endpoint, and lets it initialize.
func start(t testing.TB, name string, memoryMB int, e *endpoint) *sandbox {
	t.Helper()
	environment := map[string]string{
		"TASK_TABLE": "tasks", "METRIC_NAMESPACE": "bench", "METRIC_RUNTIMES": "sdruntime",
		"OUTPUT_BUCKET": "from", "DELIVERY_BUCKET": "to",
	}
	maps.Copy(environment, e.environment())
	host := localtest.Functions(t, lambdahost.Function{
		Name: name, Bootstrap: localtest.Bootstrap(t, "functions/"+name), Environment: environment, MemoryMB: memoryMB}).Host
	began := time.Now()
	pid, err := host.Initialize(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return &sandbox{host, e, name, pid, time.Since(began)}
}

// invoke runs the function with an event, and returns how long it took and what it asked of
// the endpoint.
func (s *sandbox) invoke(t testing.TB, event []byte) (took time.Duration, asked counts) {
	t.Helper()
	before, began := s.endpoint.counts(), time.Now()
	_, err := s.host.Invoke(t.Context(), s.name, "bench", event)
	took = time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	if pids := s.host.Sandboxes(s.name); len(pids) != 1 || pids[0] != s.pid {
		t.Fatalf("the sandboxes are %v, want %d alone", pids, s.pid)
	}
	return took, s.endpoint.counts().minus(before)
}

// completed returns SNS's event for a completed task.
func completed(images int) []byte {
	var urls []string
	for n := range images {
		urls = append(urls, fmt.Sprintf("s3://from/output/task/task-3f9a-%d.png", n))
	}
	return event(map[string]any{"runtime": "sdruntime", "id": "task", "result": true, "status": "completed",
		"image_url": urls, "output_url": "s3://from/output/task/task-3f9a.out", "context": map[string]any{"user": "u-17"}})
}

// event returns SNS's event with a message.
func event(fields map[string]any) []byte {
	message, _ := json.Marshal(fields)
	text, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]any{
		"MessageId": "bench", "Timestamp": "2026-11-24T12:00:00.000Z", "Message": string(message)}}}})
	return text
}
