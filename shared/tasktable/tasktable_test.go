package tasktable_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
