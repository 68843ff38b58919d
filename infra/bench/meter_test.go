package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/tasktable"
)

// meter runs the compiled functions, and adds up what AWS would bill.
type meter struct {
	bill      bill
	logBytes  int
	metrics   map[string]bool // by name and dimensions
	table     *localtest.TaskTable
	store     *localtest.ObjectStore
	functions *localtest.Lambda
}

func newMeter(t *testing.T) *meter {
	t.Helper()
	m := &meter{metrics: map[string]bool{}, table: localtest.Table(t),
		store: localtest.Buckets(t, outputBucket, deliveryBucket)}
	table := environment.Table{TaskTable: m.table.Name, InputTopic: inputTopic}
	namespace := environment.Metrics{Namespace: "SdTaskTracker"}
	var functions []lambdahost.Function
	for name, settings := range map[string]any{
		"record": environment.Record{Table: table, Metrics: namespace, Runtimes: []string{"sdruntime"}},
		"deliver": environment.Deliver{
			Table: table, Metrics: namespace, OutputBucket: outputBucket, DeliveryBucket: deliveryBucket},
	} {
		variables := environment.Encode(settings)
		variables["AWS_ENDPOINT_URL_DYNAMODB"], variables["AWS_ENDPOINT_URL_S3"] = m.table.Proxy.URL, m.store.Proxy.URL
		functions = append(functions,
			lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/"+name), Environment: variables})
	}
	m.functions = localtest.Functions(t, functions...)
	for n := range images {
		m.store.Put(t, outputBucket, key(n), "image")
	}
	return m
}

func (m *meter) invoke(t *testing.T, s step) {
	t.Helper()
	before, entryBefore := m.units(t), m.item(t, m.index())
	for _, proxy := range []*faultproxy.Proxy{m.table.Proxy, m.store.Proxy} {
		proxy.Reset()
	}
	m.functions.Log.Reset()
	out, err := m.functions.Client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &s.function, Payload: s.event(t)})
	if err != nil || out.FunctionError != nil {
		t.Fatalf("%s: %v, %+v", s.function, err, out)
	}
	m.bill.copies += len(m.store.Proxy.Requests(billed))
	written := false
	for _, write := range m.table.Proxy.Requests(billed) {
		if write.Status == http.StatusOK {
			written = true
		} else { // a conditional write that fails takes the units of the item as it is
			m.bill.tableUnits += before
		}
	}
	if written {
		m.bill.tableUnits += max(before, m.units(t))
	}
	m.bill.indexUnits += indexWrites(entryBefore, m.item(t, m.index()))
	m.readLog(t)
}

// event returns SNS's event with the step's message.
func (s step) event(t *testing.T) []byte {
	t.Helper()
	published := time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC).Add(-s.before)
	topic, fields := "arn:aws:sns:us-east-1:000000000000:SdOnEKSStack-output", `"runtime": "sdruntime", "id": "`+taskID+
		`", "context": `+taskContext
	message := `{` + fields + `, ` + s.fields + `}`
	if s.fields == "" {
		topic = inputTopic
		message = `{"metadata": {` + fields + `, "tasktype": "text-to-image", "prefix": "output"}, "content": {}}`
	}
	event, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"Sns": map[string]any{
		"MessageId": fmt.Sprintf("459921b5-681c-4a96-beb0-%012d", s.before), "Timestamp": published,
		"TopicArn": topic, "Message": message}}}})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// readLog counts the bytes of what an invocation logged, and notes its metrics.
func (m *meter) readLog(t *testing.T) {
	t.Helper()
	for text := range strings.Lines(m.functions.Log.String()) {
		m.logBytes += len(text)
		var line struct {
			Status, Runtime string
			AWS             struct {
				CloudWatchMetrics []struct {
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		values := map[string]string{metrics.Status: line.Status, metrics.Runtime: line.Runtime}
		for _, published := range line.AWS.CloudWatchMetrics {
			for _, set := range published.Dimensions {
				for _, metric := range published.Metrics {
					name := metric.Name
					for _, dimension := range set {
						name += " " + values[dimension]
					}
					m.metrics[name] = true
				}
			}
		}
	}
	m.bill.metrics = len(m.metrics)
}

// billed leaves out requests that only open a connection.
func billed(r faultproxy.Request) bool { return r.Method != http.MethodHead || r.Path != "/" }

func (m *meter) index() *string { return aws.String(tasktable.StatusIndex) }

// item returns the task's item, or its entry in an index; nil if it is missing.
func (m *meter) item(t *testing.T, index *string) map[string]types.AttributeValue {
	t.Helper()
	out, err := m.table.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &m.table.Name, IndexName: index})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Items) == 0 {
		return nil
	}
	return out.Items[0]
}

// units are the write request units that an item of this size takes, as the server
// counts them: it is written again.
func (m *meter) units(t *testing.T) int {
	t.Helper()
	item := m.item(t, nil)
	if item == nil {
		return 1
	}
	out, err := m.table.Client.PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &m.table.Name, Item: item, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	if err != nil {
		t.Fatal(err)
	}
	return int(aws.ToFloat64(out.ConsumedCapacity.CapacityUnits))
}

// indexWrites is how often an index is written to, with entries of at most 1 KB:
// not at all if the entry stays as it is, twice if its key changes ("Using Global
// Secondary Indexes in DynamoDB", write capacity units).
func indexWrites(before, after map[string]types.AttributeValue) int {
	same := func(attribute string) bool { return reflect.DeepEqual(before[attribute], after[attribute]) }
	switch {
	case reflect.DeepEqual(before, after):
		return 0
	case before == nil || same(tasktable.StatusIndexPartitionKey) && same(tasktable.StatusIndexSortKey):
		return 1
	}
	return 2
}

// size returns an upper limit of an item's size: JSON has more characters than DynamoDB counts.
func size(t *testing.T, item map[string]types.AttributeValue) int {
	t.Helper()
	text, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}
