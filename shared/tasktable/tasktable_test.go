package tasktable_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

var (
	table    *tasktable.Table
	requests *faultproxy.Proxy // between the table's client and the server
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return 0, err
	}
	server, err := node.Start(context.Background(), root, "us-east-1", node.DynamoDB)
	if err != nil {
		return 0, err
	}
	defer server.Close()
	if requests, err = faultproxy.Start(server.URLs[node.DynamoDB]); err != nil {
		return 0, err
	}
	table = &tasktable.Table{Name: "tasks", Retention: 30 * 24 * time.Hour, Client: dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(requests.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(name), KeyType: kind}
	}
	var definitions []types.AttributeDefinition
	for _, name := range []string{"task_id", "status", "updated_at"} {
		definitions = append(definitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
	}
	_, err = table.Client.CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: aws.String(table.Name), BillingMode: types.BillingModePayPerRequest, AttributeDefinitions: definitions,
		KeySchema: []types.KeySchemaElement{key("task_id", types.KeyTypeHash)},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String(tasktable.StatusIndex),
			KeySchema:  []types.KeySchemaElement{key("status", types.KeyTypeHash), key("updated_at", types.KeyTypeRange)},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: tasktable.IndexedAttributes},
		}},
	})
	if err != nil {
		return 0, err
	}
	return m.Run(), nil
}

var ids atomic.Int64

func newID() string { return fmt.Sprintf("task-%d", ids.Add(1)) }

// noon is when tests' announcements are published.
var noon = time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)

// announce makes an announcement; after is its time after noon.
func announce(t testing.TB, messageID string, after time.Duration, message string) announcement.Announcement {
	t.Helper()
	a, err := announcement.Parse([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	a.MessageID, a.PublishedAt = messageID, noon.Add(after)
	return a
}

func record(t testing.TB, a announcement.Announcement) tasktable.Recording {
	t.Helper()
	recording, err := table.Record(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

func item(t testing.TB, id string) map[string]types.AttributeValue {
	t.Helper()
	out, err := table.Client.GetItem(context.Background(), getInput(id))
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

func getInput(id string) *dynamodb.GetItemInput {
	return &dynamodb.GetItemInput{TableName: aws.String(table.Name), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: id}}}
}

func updates(r faultproxy.Request) bool { return r.Operation == "UpdateItem" }

// TestRecord follows what one announcement after another changes, and how many
// requests that takes.
func TestRecord(t *testing.T) {
	id := newID()
	running := func(messageID string, after time.Duration) announcement.Announcement {
		return announce(t, messageID, after, `{"id":"`+id+`","status":"running","runtime":"sdruntime"}`)
	}
	completed := func(messageID string, after time.Duration) announcement.Announcement {
		return announce(t, messageID, after, `{"id":"`+id+`","result":true,"image_url":["s3://b/k"]}`)
	}
	for _, step := range []struct {
		name     string
		a        announcement.Announcement
		outcome  tasktable.Outcome
		requests int
		status   announcement.Status
		duration string
	}{
		{"a completion is recorded", completed("c1", 10*time.Second), tasktable.Recorded, 1, "completed", "0"},
		{"its duplicate changes nothing", completed("c1", 10*time.Second), tasktable.Duplicate, 1, "completed", "0"},
		{"its late start is kept", running("r1", 4*time.Second), tasktable.StartRecorded, 2, "completed", "6000"},
		{"a duplicate of the start changes nothing", running("r1", 4*time.Second), tasktable.Stale, 2, "completed", "6000"},
		{"an older completion changes nothing", completed("c0", 5*time.Second), tasktable.Stale, 1, "completed", "6000"},
		{"a new run starts over", running("r2", 20*time.Second), tasktable.Recorded, 1, "running", ""},
		{"and completes", completed("c2", 25*time.Second), tasktable.Recorded, 1, "completed", "5000"},
		{"at equal times a completion beats running", running("z", 25*time.Second), tasktable.StartRecorded, 2, "completed", "0"},
		{"at equal times the greater message id wins", completed("c3", 25*time.Second), tasktable.Recorded, 1, "completed", "0"},
	} {
		t.Run(step.name, func(t *testing.T) {
			requests.Reset()
			if got := record(t, step.a); got.Outcome != step.outcome {
				t.Errorf("outcome is %s, want %s", got.Outcome, step.outcome)
			}
			if got := len(requests.Requests(nil)); got != step.requests {
				t.Errorf("%d requests, want %d", got, step.requests)
			}
			got := item(t, id)
			if status := got["status"].(*types.AttributeValueMemberS).Value; status != string(step.status) {
				t.Errorf("status is %s, want %s", status, step.status)
			}
			duration := ""
			if n, ok := got["duration_ms"].(*types.AttributeValueMemberN); ok {
				duration = n.Value
			}
			if duration != step.duration {
				t.Errorf("duration_ms is %q, want %q", duration, step.duration)
			}
		})
	}
}

func TestRecordDocuments(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, test := range map[string]struct {
		fields  string // beside id and result
		want    string // the attribute that holds it
		omitted bool
	}{
		"an object natively":               {`"context":{"user":"u-17","order":9007199254740993}`, "context", false},
		"an empty string natively":         {`"context":""`, "context", false},
		"null natively":                    {`"context":null`, "context", false},
		"32 levels natively":               {`"context":` + deep(32), "context", false},
		"33 levels as text":                {`"context":` + deep(33), "context_json", false},
		"39 digits as text":                {`"context":[123456789012345678901234567890123456789]`, "context_json", false},
		"a huge exponent as text":          {`"context":1e126`, "context_json", false},
		"equal names as text":              {`"context":{"a":1,"a":2}`, "context_json", false},
		"an empty name as text":            {`"context":{"":1}`, "context_json", false},
		"a lone surrogate as text":         {`"context":"\ud800"`, "context_json", false},
		"bytes that are not UTF-8 as text": {"\"context\":\"\xff\"", "context_json", false},
		"more than 400 KB not at all":      {`"context":"` + strings.Repeat("x", 400<<10) + `"`, "context_omitted", true},
		"too big natively but not as text": {`"context":[` + strings.TrimSuffix(strings.Repeat("0,", 120_000), ",") + `]`, "context_json", false},
		"unknown fields natively":          {`"prompt":"a cat","seed":42`, "extra", false},
		"unknown fields as text":           {`"prompt":"\ud800"`, "extra_json", false},
		"unknown fields not at all":        {`"prompt":"` + strings.Repeat("x", 400<<10) + `"`, "extra_omitted", true},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID()
			recording := record(t, announce(t, "m", 0, `{"id":"`+id+`","result":true,`+test.fields+`}`))
			if recording.Outcome != tasktable.Recorded || (len(recording.Omitted) > 0) != test.omitted {
				t.Errorf("got %+v", recording)
			}
			got := item(t, id)
			for _, attribute := range []string{"context", "context_json", "context_omitted", "extra", "extra_json", "extra_omitted"} {
				if _, ok := got[attribute]; ok != (attribute == test.want) {
					t.Errorf("attribute %s is there: %t", attribute, ok)
				}
			}
		})
	}
}

// TestRecordDespiteValidation: where DynamoDB refuses a context that this
// package thought it could hold, the status is recorded all the same.
func TestRecordDespiteValidation(t *testing.T) {
	for refusals, want := range map[int]string{1: "context_json", 2: "context_omitted"} {
		t.Run(want, func(t *testing.T) {
			requests.Reset()
			defer requests.Reset()
			requests.Inject(faultproxy.Fault{Match: updates, Times: refusals, Do: faultproxy.Reply(400, "application/x-amz-json-1.0",
				`{"__type":"com.amazon.coral.validate#ValidationException","message":"Nesting Levels have exceeded supported limits"}`)})
			id := newID()
			record(t, announce(t, "m", 0, `{"id":"`+id+`","result":true,"context":{"a":1}}`))
			if _, ok := item(t, id)[want]; !ok {
				t.Errorf("the item has no %s", want)
			}
		})
	}
}

func TestRecordDelivery(t *testing.T) {
	deliver := func(t *testing.T, a announcement.Announcement, status tasktable.DeliveryStatus) bool {
		t.Helper()
		requests.Reset()
		taken, err := table.RecordDelivery(context.Background(), a, tasktable.Delivery{Status: status, URIs: []string{"s3://d/k"}, At: noon, Error: "a reason"})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(requests.Requests(nil)); got != 1 {
			t.Errorf("%d requests, want 1", got)
		}
		return taken
	}
	status := func(t *testing.T, id string) tasktable.DeliveryStatus {
		t.Helper()
		task, err := table.Get(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		return task.DeliveryStatus
	}
	first := func(id string) announcement.Announcement {
		return announce(t, "m1", 0, `{"id":"`+id+`","result":true}`)
	}
	second := func(id string) announcement.Announcement {
		return announce(t, "m2", time.Second, `{"id":"`+id+`","result":true}`)
	}
	t.Run("may come before the record", func(t *testing.T) {
		id := newID()
		if !deliver(t, first(id), tasktable.Delivered) || record(t, first(id)).Outcome != tasktable.Recorded || status(t, id) != tasktable.Delivered {
			t.Errorf("delivery_status is %q", status(t, id))
		}
	})
	t.Run("of an older announcement is refused", func(t *testing.T) {
		id := newID()
		record(t, second(id))
		if deliver(t, first(id), tasktable.Delivered) || status(t, id) != "" {
			t.Errorf("delivery_status is %q", status(t, id))
		}
	})
	t.Run("of a newer announcement survives an older record", func(t *testing.T) {
		id := newID()
		deliver(t, second(id), tasktable.Delivered)
		record(t, first(id))
		record(t, second(id))
		if status(t, id) != tasktable.Delivered {
			t.Errorf("delivery_status is %q", status(t, id))
		}
	})
	t.Run("does not linger beside a newer record", func(t *testing.T) {
		id := newID()
		record(t, first(id))
		deliver(t, first(id), tasktable.Delivered)
		record(t, second(id))
		if status(t, id) != "" {
			t.Errorf("delivery_status is %q", status(t, id))
		}
	})
	t.Run("stays once complete", func(t *testing.T) {
		id := newID()
		deliver(t, first(id), tasktable.Delivering)
		deliver(t, first(id), tasktable.Delivered)
		if deliver(t, first(id), tasktable.Delivering) || status(t, id) != tasktable.Delivered {
			t.Errorf("delivery_status is %q", status(t, id))
		}
	})
}
