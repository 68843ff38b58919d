package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/shared/tasktable"
)

// fixture is a handler over real servers, with a proxy in front of S3.
type fixture struct {
	handler *Handler
	backend *s3mem.Backend
	proxy   *faultproxy.Proxy
	logged  *bytes.Buffer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	server, err := node.Start(t.Context(), root, "us-east-1", node.DynamoDB)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URLs[node.DynamoDB]),
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	_, err = client.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("tasks"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("task_id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("task_id"), KeyType: types.KeyTypeHash}}})
	if err != nil {
		t.Fatal(err)
	}
	backend, copier, proxy := newProxiedKeeper(t)
	f := &fixture{backend: backend, proxy: proxy, logged: &bytes.Buffer{}}
	f.handler = &Handler{Table: &tasktable.Table{Client: client, Name: "tasks"}, Copier: copier, Now: time.Now, Namespace: "test",
		Log: slog.New(slog.NewJSONHandler(f.logged, nil))}
	return f
}

// newProxiedKeeper is startKeeper with a proxy in front of the server.
func newProxiedKeeper(t testing.TB) (*s3mem.Backend, *Copier, *faultproxy.Proxy) {
	t.Helper()
	backend, url := startKeeper(t)
	proxy, err := faultproxy.Start(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Close)
	return backend, &Copier{Source: "source", Destination: "destination", Client: newTestClient(proxy.URL)}, proxy
}

func (f *fixture) put(t testing.TB, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, err := f.backend.PutObject("source", key, map[string]string{}, strings.NewReader(key), int64(len(key)), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *fixture) deliver(ctx context.Context, message map[string]any) error {
	body, _ := json.Marshal(message)
	return f.handler.Handle(ctx, events.SNSEvent{Records: []events.SNSEventRecord{{
		SNS: events.SNSEntity{MessageID: "m", Timestamp: time.Now(), Message: string(body)}}}})
}

func (f *fixture) task(t *testing.T, id string) tasktable.Task {
	t.Helper()
	task, err := f.handler.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestHandler(t *testing.T) {
	f := newFixture(t)
	t.Run("delivers outputs and reports below a prefix of the task's", func(t *testing.T) {
		f.handler.DeliverOutput, f.handler.Prefix = true, "by/{runtime}/{task_id}/"
		defer func() { f.handler.DeliverOutput, f.handler.Prefix = false, "" }()
		f.put(t, "1.png", "1.out", "2.out")
		if err := f.deliver(t.Context(), map[string]any{"id": "../a", "runtime": "r", "result": true,
			"image_url": []string{"s3://source/1.png"}, "output_url": "s3://source/1.out"}); err != nil {
			t.Fatal(err)
		}
		want := []string{"s3://destination/by/r/.._a/1.png", "s3://destination/by/r/.._a/1.out"}
		if got := f.task(t, "../a"); got.DeliveryStatus != tasktable.Delivered || !slices.Equal(got.Delivered, want) {
			t.Errorf("got %+v, want %v", got, want)
		}
		if err := f.deliver(t.Context(), map[string]any{"id": "b", "result": false, "output_url": "s3://source/2.out"}); err != nil {
			t.Fatal(err)
		}
		if got := f.task(t, "b"); !slices.Equal(got.Delivered, []string{"s3://destination/by/_/b/2.out"}) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("delivers nothing of a failed task otherwise", func(t *testing.T) {
		f.proxy.Reset()
		if err := f.deliver(t.Context(), map[string]any{"id": "c", "result": false, "output_url": "s3://source/2.out"}); err != nil {
			t.Fatal(err)
		}
		if got := f.proxy.Requests(nil); len(got) != 0 {
			t.Errorf("%d requests", len(got))
		}
	})
	t.Run("stops in time, and the next attempt resumes", func(t *testing.T) {
		f.proxy.Reset()
		defer f.proxy.Reset()
		end := f.proxy.Inject(faultproxy.Fault{Do: faultproxy.Delay(200 * time.Millisecond)})
		var keys, uris []string
		for n := range 10 * concurrency {
			keys = append(keys, fmt.Sprintf("deadline-%d.png", n))
			uris = append(uris, "s3://source/"+keys[n])
		}
		f.put(t, keys...)
		message := map[string]any{"id": "d", "result": true, "image_url": uris}
		invocation, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
		defer cancel()
		err := f.deliver(invocation, message)
		if err == nil || !strings.Contains(err.Error(), "not delivered") || invocation.Err() != nil {
			t.Fatalf("error is %v, the invocation's %v", err, invocation.Err())
		}
		first := f.task(t, "d")
		if first.DeliveryStatus != tasktable.Delivering || len(first.Delivered) == 0 || len(first.Delivered) == len(keys) || first.DeliveryError == "" {
			t.Errorf("%s with %d of %d objects and reason %q", first.DeliveryStatus, len(first.Delivered), len(keys), first.DeliveryError)
		}
		end()
		if err := f.deliver(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		if got := f.task(t, "d"); got.DeliveryStatus != tasktable.Delivered || len(got.Delivered) != len(keys) || got.DeliveryError != "" {
			t.Errorf("%s with %d objects and reason %q", got.DeliveryStatus, len(got.Delivered), got.DeliveryError)
		}
	})
	t.Run("tells permanent failures from those that may pass", func(t *testing.T) {
		f.put(t, "there.png")
		for name, test := range map[string]struct {
			uri, code string
			status    int
			want      tasktable.DeliveryStatus
			metric    string
		}{
			"refused":     {uri: "s3://elsewhere/k", want: tasktable.DeliveryFailed, metric: "NotDelivered_refused"},
			"missing":     {uri: "s3://source/gone.png", want: tasktable.DeliveryFailed, metric: "NotDelivered_missing"},
			"denied":      {uri: "s3://source/k", code: "AccessDenied", status: 403, want: tasktable.DeliveryFailed, metric: "NotDelivered_denied"},
			"unavailable": {uri: "s3://source/k", code: "ExpiredToken", status: 400, want: tasktable.Delivering, metric: "NotDelivered_unavailable"},
		} {
			t.Run(name, func(t *testing.T) {
				f.proxy.Reset()
				defer f.proxy.Reset()
				f.logged.Reset()
				if test.code != "" {
					f.proxy.Inject(faultproxy.Fault{Match: func(r faultproxy.Request) bool { return strings.HasSuffix(r.Path, "/k") },
						Do: faultproxy.Reply(test.status, "application/xml", `<Error><Code>`+test.code+`</Code><Message>injected</Message></Error>`)})
				}
				err := f.deliver(t.Context(), map[string]any{"id": "e-" + name, "result": true, "image_url": []string{test.uri, "s3://source/there.png"}})
				if err == nil || !strings.Contains(err.Error(), "1 of 2 objects are not delivered") {
					t.Errorf("error is %v", err)
				}
				got := f.task(t, "e-"+name)
				if got.DeliveryStatus != test.want || len(got.Delivered) != 1 || !strings.Contains(got.DeliveryError, test.uri) {
					t.Errorf("got %+v", got)
				}
				if !strings.Contains(f.logged.String(), `"`+test.metric+`":1`) {
					t.Errorf("the log has no %s: %s", test.metric, f.logged)
				}
			})
		}
	})
}

// BenchmarkCopyAll delivers 300 images while each copy takes 50 ms. The metric
// ×ideal compares that with 300 / concurrency × 50 ms.
func BenchmarkCopyAll(b *testing.B) {
	const images, latency = 300, 50 * time.Millisecond
	backend, copier, proxy := newProxiedKeeper(b)
	f := &fixture{backend: backend}
	var uris []string
	for n := range images {
		key := fmt.Sprintf("%d.png", n)
		f.put(b, key)
		uris = append(uris, "s3://source/"+key)
	}
	proxy.Inject(faultproxy.Fault{Match: func(r faultproxy.Request) bool { return r.Method == http.MethodPut }, Do: faultproxy.Delay(latency)})
	b.ReportAllocs()
	for b.Loop() {
		for _, result := range copier.CopyAll(b.Context(), uris, "") {
			if result.failure != nil {
				b.Fatal(result.failure.err)
			}
		}
	}
	ideal := float64(images) / concurrency * float64(latency)
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/ideal, "×ideal")
}
