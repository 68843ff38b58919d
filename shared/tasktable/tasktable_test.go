package tasktable_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// retention is the tests' tables'.
const retention = 30 * 24 * time.Hour

// fixture is an empty table on a server, with the proxy in between.
type fixture struct {
	*tasktable.Table
	requests *faultproxy.Proxy
}

func newFixture(t testing.TB) fixture {
	t.Helper()
	table := localtest.Table(t)
	return fixture{
		Table:    &tasktable.Table{Name: table.Name, Client: table.Client, Retention: retention},
		requests: table.Proxy,
	}
}

var ids atomic.Int64

func newID() string { return fmt.Sprintf("task-%d", ids.Add(1)) }

// noon is when tests' announcements are published.
var noon = time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)

// announce makes an announcement; after is its time after noon.
func announce(t testing.TB, messageID string, after time.Duration, message string) announcement.Announcement {
	t.Helper()
	a, err := announcement.Parse([]byte(message))
	if strings.HasPrefix(message, `{"metadata":`) {
		var request announcement.Request
		request, err = announcement.ParseRequest([]byte(message))
		a = request.Task
	}
	if err != nil {
		t.Fatal(err)
	}
	a.MessageID, a.PublishedAt = messageID, noon.Add(after)
	return a
}

func (f fixture) record(t testing.TB, a announcement.Announcement) tasktable.Recording {
	t.Helper()
	recording, err := f.Record(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return recording
}

func (f fixture) item(t testing.TB, id string) map[string]types.AttributeValue {
	t.Helper()
	out, err := f.Client.GetItem(context.Background(), f.getInput(id))
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

func (f fixture) getInput(id string) *dynamodb.GetItemInput {
	return &dynamodb.GetItemInput{TableName: aws.String(f.Name), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: id}}}
}

func updates(r faultproxy.Request) bool { return r.Operation == "UpdateItem" }
