package costs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/tasktable"
)

// Names as long as CloudFormation's.
const (
	outputBucket   = "sdoneksstack-outputs3bucket9fe85b9f-8uuojbsxkrsz"
	deliveryBucket = "sdtasktracker-deliverybucket4a97cf4d-k2p7xw0v3nqd"
	functionARN    = "arn:aws:lambda:us-east-1:123456789012:function:SdTaskTracker-DeliverFunction062DB935-q1W2e3R4t5Y6"
	taskID         = "8f14e45f-ceea-467f-a0e6-1d2b3c4d5e6f"
	requestID      = "459921b5-681c-4a96-beb0-81e0aa586026"
	taskContext    = `{"user": "u-17", "session": "6f1c2a58-44b0-4c7e-9d3b-0a5e8c7f1b92", "order": 9007199254740993}`
	clock          = "2026-11-23T12:00:00.123456789Z"
)

// platformLines are what Lambda itself logs for an invocation ("Lambda Telemetry
// API Event schema reference", with the fields of the JSON log format).
var platformLines = func() (bytes float64) {
	const start = `{"time":"2026-11-23T12:00:00.123Z","type":"platform.start","record":{"requestId":"` + requestID +
		`","functionArn":"` + functionARN + `","version":"$LATEST","tracing":` + tracing + `}}`
	const report = `{"time":"2026-11-23T12:00:00.123Z","type":"platform.report","record":{"requestId":"` + requestID +
		`","metrics":{"durationMs":60.251,"billedDurationMs":61,"memorySizeMB":512,"maxMemoryUsedMB":31},"tracing":` +
		tracing + `,"status":"success"}}`
	return float64(len(start) + len(report))
}()

const tracing = `{"spanId":"24cd7d670fa455f0","type":"X-Amzn-Trace-Id",` +
	`"value":"Root=1-6352a70e-1e2c502e358361800241fd45;Parent=35465b3a9e2f7c6a;Sampled=1"}`

// usage is what one task consumes.
type usage struct {
	messages, filteredBytes float64
	copies                  float64
	tableUnits, indexUnits  float64
	invocations, gbSeconds  float64
	logBytes                float64
	itemBytes, indexBytes   float64         // in the end
	metrics                 map[string]bool // each with its dimensions
}

// meter runs the compiled functions against local servers, and adds up.
type meter struct {
	usage
	stack     stack
	table     *localtest.TaskTable
	store     *localtest.ObjectStore
	functions *localtest.Lambda
}

func newMeter(t testing.TB, s stack) *meter {
	t.Helper()
	m := &meter{stack: s, usage: usage{metrics: map[string]bool{}},
		table: localtest.Table(t), store: localtest.Buckets(t, outputBucket, deliveryBucket)}
	table := environment.Table{TaskTable: m.table.Name}
	namespace := environment.Metrics{Namespace: "SdTaskTracker"}
	m.functions = localtest.Functions(t,
		m.function(t, "record", environment.Record{
			Table: table, Metrics: namespace, Runtimes: []string{"sdruntime", "comfyui"}}),
		m.function(t, "deliver", environment.Deliver{
			Table: table, Metrics: namespace, OutputBucket: outputBucket, DeliveryBucket: deliveryBucket}))
	return m
}

func (m *meter) function(t testing.TB, name string, settings any) lambdahost.Function {
	t.Helper()
	variables := environment.Encode(settings)
	variables["AWS_ENDPOINT_URL_DYNAMODB"], variables["AWS_ENDPOINT_URL_S3"] = m.table.Proxy.URL, m.store.Proxy.URL
	return lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/"+name), Environment: variables}
}

// measure is what a task with four images consumes: record comes before deliver,
// nothing fails, and nothing is delivered twice.
func measure(t testing.TB, s stack, running bool) usage {
	t.Helper()
	m := newMeter(t, s)
	const context = `"context": ` + taskContext
	if running {
		m.announce(t, 0, `{"runtime": "sdruntime", "id": "`+taskID+`", "status": "running", `+context+`}`)
	}
	var urls []string
	for n := range images {
		key := fmt.Sprintf("output/%s/%[1]s-0f3c-%d.png", taskID, n+1)
		m.store.Put(t, outputBucket, key, "image")
		urls = append(urls, fmt.Sprintf("%q", "s3://"+outputBucket+"/"+key))
	}
	m.announce(t, 61_234*time.Millisecond, `{"runtime": "sdruntime", "id": "`+taskID+`", "result": true, `+
		`"status": "completed", "image_url": [`+strings.Join(urls, ", ")+`], `+
		`"output_url": "s3://`+outputBucket+`/output/`+taskID+`/`+taskID+`-0f3c.out", `+context+`}`)
	stored, entry := m.items(t)
	m.itemBytes, m.indexBytes = itemBytes(stored), itemBytes(entry)
	if m.copies != images {
		t.Fatalf("%v copies", m.copies)
	}
	return m.usage
}

// announce hands a message to both functions, unless a filter keeps it back.
func (m *meter) announce(t testing.TB, after time.Duration, message string) {
	t.Helper()
	published, err := time.Parse(time.RFC3339, "2026-11-23T12:00:00.123Z")
	if err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{
		MessageID: requestID, Timestamp: published.Add(after), Message: message}}}})
	if err != nil {
		t.Fatal(err)
	}
	m.messages++
	for _, function := range []string{"record", "deliver"} {
		if m.stack.filtered[function] {
			m.filteredBytes += float64(len(message))
		}
		if !m.stack.filtered[function] || strings.Contains(message, `"result": true`) {
			m.invoke(t, function, event)
		}
	}
}

func (m *meter) invoke(t testing.TB, function string, event []byte) {
	t.Helper()
	stored, entry := m.items(t)
	m.table.Proxy.Reset()
	m.store.Proxy.Reset()
	m.functions.Log.Reset()
	out, err := m.functions.Client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &function, Payload: event})
	if err != nil || out.FunctionError != nil {
		t.Fatalf("%s: %v, %+v", function, err, out)
	}
	// What opens a connection is no request that is billed.
	billed := func(r faultproxy.Request) bool { return r.Method != http.MethodHead || r.Path != "/" }
	writes, copies := len(m.table.Proxy.Requests(billed)), len(m.store.Proxy.Requests(billed))
	newStored, newEntry := m.items(t)
	seconds := idleSeconds
	switch {
	case writes == 1:
		seconds = writeSeconds
		m.tableUnits += writeUnits(stored, newStored)
		m.indexUnits += indexUnits(entry, newEntry)
	case writes > 1:
		t.Fatalf("%s sends %d requests to DynamoDB: the bill counts one", function, writes)
	}
	if copies > 0 {
		seconds += copySeconds
		m.copies += float64(copies)
	}
	m.invocations++
	m.gbSeconds += seconds * m.stack.memory[function]
	m.logBytes += platformLines + m.readLog(t)
}

// items are the task's item and its entry in the index; nil for none.
func (m *meter) items(t testing.TB) (stored, entry item) {
	t.Helper()
	for _, index := range []*string{nil, aws.String(tasktable.StatusIndex)} {
		out, err := m.table.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &m.table.Name, IndexName: index})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case len(out.Items) == 0:
		case index == nil:
			stored = out.Items[0]
		default:
			entry = out.Items[0]
		}
	}
	return stored, entry
}

// readLog collects the metrics of what an invocation logged, and returns the
// lines' size: with values of typical length, because those of this machine
// differ from run to run.
func (m *meter) readLog(t testing.TB) (bytes float64) {
	t.Helper()
	for text := range strings.Lines(m.functions.Log.String()) {
		if strings.Contains(text, `"message":"started"`) { // once for each sandbox
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(text), &fields); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		m.collect(t, fields)
		fields["timestamp"], fields["requestId"], fields["duration_ms"] = clock, requestID, 12.345
		for _, latency := range []metrics.Metric{metrics.PublishedToRecorded, metrics.PublishedToDelivered} {
			if fields[latency.Name] != nil {
				fields[latency.Name] = 123
			}
		}
		normal, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		bytes += float64(len(normal))
	}
	return bytes
}

// collect notes each metric of a log line under each of its dimension sets.
func (m *meter) collect(t testing.TB, fields map[string]any) {
	t.Helper()
	var meta struct {
		CloudWatchMetrics []struct {
			Dimensions [][]string
			Metrics    []struct{ Name string }
		}
	}
	encoded, err := json.Marshal(fields["_aws"])
	if err == nil {
		err = json.Unmarshal(encoded, &meta)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, directive := range meta.CloudWatchMetrics {
		for _, metric := range directive.Metrics {
			for _, set := range directive.Dimensions {
				name := metric.Name
				for _, dimension := range set {
					name += fmt.Sprintf(" %s=%v", dimension, fields[dimension])
				}
				m.metrics[name] = true
			}
		}
	}
}
