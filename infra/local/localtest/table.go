package localtest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/shared/tasktable"
)

// TaskTable is a task table on a DynamoDB server.
type TaskTable struct {
	Name string
	// Client calls the server through Proxy.
	Client *dynamodb.Client
	Proxy  *faultproxy.Proxy
}

// names is the last number used in the name of a table or queue: tests share the
// servers, so each name must be unique.
var names atomic.Int64

// Table creates an empty task table with both of its indexes.
func Table(t testing.TB) *TaskTable {
	t.Helper()
	proxy := newProxy(t, nodeURL(t, node.DynamoDB))
	table := &TaskTable{
		Name:   fmt.Sprintf("tasks-%d", names.Add(1)),
		Client: dynamodb.NewFromConfig(Config(proxy.URL)),
		Proxy:  proxy,
	}
	_, err := table.Client.CreateTable(t.Context(), createInput(table.Name))
	if err == nil {
		waiter := dynamodb.NewTableExistsWaiter(table.Client, func(o *dynamodb.TableExistsWaiterOptions) {
			o.MinDelay, o.MaxDelay = 5*time.Millisecond, time.Second
		})
		err = waiter.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table.Name)}, time.Minute)
	}
	if err != nil {
		t.Fatalf("create the task table: %v", err)
	}
	proxy.Reset()
	return table
}

// createInput returns the request that creates the table that the CDK app declares, with a name.
func createInput(name string) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest, KeySchema: keys(tasktable.PartitionKey),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName:  aws.String(tasktable.StatusIndex),
			KeySchema:  keys(tasktable.StatusIndexPartitionKey, tasktable.StatusIndexSortKey),
			Projection: projection(tasktable.IndexedAttributes),
		}, {
			IndexName:  aws.String(tasktable.CallerIndex),
			KeySchema:  keys(tasktable.CallerIndexPartitionKey, tasktable.CallerIndexSortKey),
			Projection: projection(tasktable.CallerIndexedAttributes),
		}},
	}
	for _, attribute := range []string{tasktable.PartitionKey, tasktable.StatusIndexPartitionKey,
		tasktable.StatusIndexSortKey, tasktable.CallerIndexPartitionKey} {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute), AttributeType: types.ScalarAttributeTypeS})
	}
	return input
}

// keys returns the schema of a partition key and an optional sort key.
func keys(attributes ...string) (schema []types.KeySchemaElement) {
	for i, attribute := range attributes {
		kind := []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(attribute), KeyType: kind})
	}
	return schema
}

func projection(attributes []string) *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: attributes}
}
