package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// lostRuns are the runs of a large bucket. The task table has none of them. Each invocation takes as long as
// one of deliver does.
type lostRuns struct {
	takes                    time.Duration
	running, most, completed atomic.Int64
}

// ServeHTTP answers Lambda's Invoke, and DynamoDB's BatchGetItem.
func (l *lostRuns) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	if r.Header.Get("X-Amz-Target") != "" {
		_, _ = io.WriteString(w, `{"Responses":{},"UnprocessedKeys":{}}`)
		return
	}
	n := l.running.Add(1)
	for most := l.most.Load(); n > most && !l.most.CompareAndSwap(most, n); most = l.most.Load() {
	}
	<-time.After(l.takes)
	l.running.Add(-1)
	l.completed.Add(1)
	_, _ = io.WriteString(w, "null")
}

// repair repairs a number of runs.
func (l *lostRuns) repair(t testing.TB, runs int, request reconciliation.Request) reconciliation.Answer {
	t.Helper()
	bucket, services := httptest.NewServer(&largeBucket{runs: runs}), httptest.NewServer(l)
	defer bucket.Close()
	defer services.Close()
	client := s3.NewFromConfig(awsclient.Configure(localtest.Config(bucket.URL)), longLists)
	cfg := awsclient.Configure(localtest.Config(services.URL))
	names := map[string]string{"record": "record", "deliver": "deliver"}
	h := &Handler{
		Source: client, Destination: client, Now: time.Now,
		Table:   &tasktable.Table{Client: dynamodb.NewFromConfig(cfg), Name: "tasks"},
		Invoker: &invocation.Invoker{Client: invocation.NewClient(cfg), Functions: names},
	}
	h.Environment.OutputBucket, h.Environment.DeliveryBucket = "source", "destination"
	request.Repair = true
	c := newComparison(h, request, time.Time{})
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.result()
}

// TestRepairConcurrency: a repair takes a small part of an account's concurrency, however slow the functions are and
// whatever rate it is given.
func TestRepairConcurrency(t *testing.T) {
	const runs = 500
	l := &lostRuns{takes: 20 * time.Millisecond}
	answer := l.repair(t, runs, reconciliation.Request{RatePerSecond: 10_000})
	if answer.Repaired != runs || l.completed.Load() != 2*runs {
		t.Errorf("%d runs were repaired by %d invocations", answer.Repaired, l.completed.Load())
	}
	if most := l.most.Load(); most > workers*concurrency || most < 2 {
		t.Errorf("%d invocations at once, want %d at most", most, workers*concurrency)
	}
}

// BenchmarkRepair repairs lost runs at the default rate, with functions that take 50 ms.
func BenchmarkRepair(b *testing.B) {
	const runs = 4000
	for b.Loop() {
		l := &lostRuns{takes: 50 * time.Millisecond}
		started := time.Now()
		l.repair(b, runs, reconciliation.Request{})
		b.ReportMetric(runs/time.Since(started).Seconds(), "runs/s")
		b.ReportMetric(float64(l.most.Load()), "at-once")
	}
}
