package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/tasktable"
)

// fixture is a handler over real servers, with a proxy in front of S3.
type fixture struct {
	handler *Handler
	store   *localtest.ObjectStore
	proxy   *faultproxy.Proxy
	logged  *bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	table := localtest.Table(t)
	store, copier := newStore(t)
	logged := &bytes.Buffer{}
	return &fixture{store: store, proxy: store.Proxy, logged: logged, handler: &Handler{
		Table:  &tasktable.Table{Client: table.Client, Name: table.Name},
		Copier: copier, Now: time.Now, Log: slog.New(slog.NewJSONHandler(logged, nil)),
		Environment: environment.Deliver{Metrics: environment.Metrics{Namespace: "test"}},
	}}
}

// put stores source objects; their content is their key.
func put(t testing.TB, store *localtest.ObjectStore, keys ...string) {
	t.Helper()
	for _, key := range keys {
		store.Put(t, "source", key, key)
	}
}

// published is when every announcement is: two of one message are the same.
var published = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func (f *fixture) deliver(ctx context.Context, message map[string]any) error {
	body, _ := json.Marshal(message)
	return f.handler.Handle(ctx, events.SNSEvent{Records: []events.SNSEventRecord{{
		SNS: events.SNSEntity{MessageID: "m", Timestamp: published, Message: string(body)}}}})
}

func (f *fixture) task(t *testing.T, id string) tasktable.Task {
	t.Helper()
	task, err := f.handler.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestDeliversBelowThePrefixOfTheTask(t *testing.T) {
	f := newFixture(t)
	f.handler.Environment.DeliverOutput, f.handler.Environment.DeliveryPrefix = true, "by/{runtime}/{task_id}/"
	put(t, f.store, "1.png", "1.out", "2.out")
	if err := f.deliver(t.Context(), map[string]any{"id": "../a", "runtime": "r", "result": true,
		"image_url": []string{"s3://source/1.png"}, "output_url": "s3://source/1.out"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"s3://destination/by/r/.._a/1.png", "s3://destination/by/r/.._a/1.out"}
	if got := f.task(t, "../a"); got.DeliveryStatus != tasktable.Delivered || !slices.Equal(got.Delivered, want) {
		t.Errorf("got %+v, want %v", got, want)
	}
	f.handler.Environment.DeliveryPrefix = "by/{context.user}/{task_id}/"
	err := f.deliver(t.Context(), map[string]any{"id": "b", "result": false, "output_url": "s3://source/2.out"})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.task(t, "b"); !slices.Equal(got.Delivered, []string{"s3://destination/by/_/b/2.out"}) {
		t.Errorf("got %+v", got)
	}
}

func TestDeliversNothingOfAFailedTask(t *testing.T) {
	f := newFixture(t)
	err := f.deliver(t.Context(), map[string]any{"id": "c", "result": false, "output_url": "s3://source/2.out"})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.proxy.Requests(nil); len(got) != 0 {
		t.Errorf("%d requests", len(got))
	}
}

// TestConcurrentInvocations share a handler, as aws-lambda-go allows where a sandbox has
// several, and every two of them a task. The race detector watches.
func TestConcurrentInvocations(t *testing.T) {
	const tasks, images = 4, 3
	f := newFixture(t)
	var all sync.WaitGroup
	for n := range 2 * tasks {
		id := fmt.Sprint("t", n%tasks)
		var uris []string
		for image := range images {
			key := fmt.Sprintf("%s-%d.png", id, image)
			if n < tasks {
				put(t, f.store, key)
			}
			uris = append(uris, "s3://source/"+key)
		}
		all.Go(func() {
			if err := f.deliver(t.Context(), map[string]any{"id": id, "result": true, "image_url": uris}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for n := range tasks {
		got := f.task(t, fmt.Sprint("t", n))
		if got.DeliveryStatus != tasktable.Delivered || len(got.Delivered) != images {
			t.Errorf("got %+v", got)
		}
	}
	written := f.proxy.Requests(func(r faultproxy.Request) bool { return isCopyObject(r) && r.Status == http.StatusOK })
	if len(written) != tasks*images {
		t.Errorf("%d copies, want %d", len(written), tasks*images)
	}
}

// TestSilentTable: an invocation that can't record answers before Lambda stops it.
func TestSilentTable(t *testing.T) {
	f := newFixture(t)
	table := localtest.Table(t)
	f.handler.Table.Client = table.Client
	table.Proxy.Inject(faultproxy.Fault{Do: func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the client has gone
		<-r.Context().Done()
	}})
	put(t, f.store, "1.png")
	invocation, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	err := f.deliver(invocation, map[string]any{"id": "a", "result": true, "image_url": []string{"s3://source/1.png"}})
	if err == nil || invocation.Err() != nil {
		t.Errorf("error is %v, the invocation's %v", err, invocation.Err())
	}
}

// TestManyFailures: the error fits into the 1 KB that Lambda keeps in a dead letter.
func TestManyFailures(t *testing.T) {
	f := newFixture(t)
	var uris []string
	for n := range 50 {
		uris = append(uris, fmt.Sprintf("s3://elsewhere/%d%s", n, strings.Repeat("k", 1000)))
	}
	err := f.deliver(t.Context(), map[string]any{"id": "a", "result": true, "image_url": uris})
	if err == nil || len(err.Error()) > 1024 || !strings.Contains(err.Error(), "50 of 50 objects") ||
		!strings.HasSuffix(err.Error(), "and 47 more") {
		t.Errorf("error is %v", err)
	}
}

// TestStopsInTime: an invocation whose time runs out records what it has
// delivered, and the next attempt resumes.
func TestStopsInTime(t *testing.T) {
	f := newFixture(t)
	end := f.proxy.Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return strings.Contains(r.Path, "slow") }, Do: faultproxy.Delay(time.Hour)})
	var keys, uris []string
	for n := range 4 * concurrency {
		keys = append(keys, fmt.Sprintf("%s-%d.png", []string{"quick", "slow"}[n/(2*concurrency)], n))
		uris = append(uris, "s3://source/"+keys[n])
	}
	put(t, f.store, keys...)
	message := map[string]any{"id": "d", "result": true, "image_url": uris}
	// A quarter of it is there to record and to answer, also on a busy machine.
	invocation, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	err := f.deliver(invocation, message)
	if err == nil || !strings.Contains(err.Error(), "not delivered") || invocation.Err() != nil {
		t.Fatalf("error is %v, the invocation's %v", err, invocation.Err())
	}
	first := f.task(t, "d")
	if n := len(first.Delivered); first.DeliveryStatus != tasktable.DeliveryFailed || n != len(keys)/2 ||
		first.DeliveryError == "" {
		t.Errorf("%s with %d of %d objects and reason %q", first.DeliveryStatus, n, len(keys), first.DeliveryError)
	}
	end()
	if err := f.deliver(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	got := f.task(t, "d")
	if got.DeliveryStatus != tasktable.Delivered || len(got.Delivered) != len(keys) || got.DeliveryError != "" {
		t.Errorf("%s with %d objects and reason %q", got.DeliveryStatus, len(got.Delivered), got.DeliveryError)
	}
}

// TestFailures: a failed attempt records the failure, whatever the reason, because
// it does not know whether it is the last attempt.
func TestFailures(t *testing.T) {
	f := newFixture(t)
	put(t, f.store, "there.png")
	for name, test := range map[string]struct {
		uri, code string
		status    int
	}{
		"ErrRefused":     {uri: "s3://elsewhere/k"},
		"ErrMissing":     {uri: "s3://source/gone.png"},
		"ErrDenied":      {uri: "s3://source/k", code: "AccessDenied", status: 403},
		"ErrUnavailable": {uri: "s3://source/k", code: "ExpiredToken", status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			defer f.proxy.Reset()
			f.logged.Reset()
			if test.code != "" {
				body := `<Error><Code>` + test.code + `</Code><Message>injected</Message></Error>`
				f.proxy.Inject(faultproxy.Fault{
					Match: func(r faultproxy.Request) bool { return strings.HasSuffix(r.Path, "/k") },
					Do:    faultproxy.Reply(test.status, "application/xml", body),
				})
			}
			err := f.deliver(t.Context(), map[string]any{
				"id": "e-" + name, "result": true, "image_url": []string{test.uri, "s3://source/there.png"}})
			if err == nil || !strings.Contains(err.Error(), "1 of 2 objects are not delivered") {
				t.Errorf("error is %v", err)
			}
			got := f.task(t, "e-"+name)
			failed := got.DeliveryStatus == tasktable.DeliveryFailed
			if !failed || len(got.Delivered) != 1 || !strings.Contains(got.DeliveryError, test.uri) {
				t.Errorf("got %+v", got)
			}
			metric := `"NotDelivered_` + strings.ToLower(strings.TrimPrefix(name, "Err")) + `":1`
			if !strings.Contains(f.logged.String(), metric) {
				t.Errorf("the log has no %s: %s", metric, f.logged)
			}
		})
	}
}
