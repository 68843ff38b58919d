package localtest

import (
	"context"
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

// The task table's keys.
const (
	partitionKey      = "task_id"
	indexPartitionKey = "status"
	indexSortKey      = "updated_at"
)

// TaskTable is a task table on a DynamoDB server.
type TaskTable struct {
	Name string
	// Client calls the server through Proxy.
	Client *dynamodb.Client
	Proxy  *faultproxy.Proxy
}

// names numbers what tests create on servers that they share.
var names atomic.Int64

// Table creates an empty task table with its index.
func Table(t testing.TB) *TaskTable {
	t.Helper()
	proxy := newProxy(t, nodeURL(t, node.DynamoDB))
	table := &TaskTable{
		Name:   fmt.Sprintf("tasks-%d", names.Add(1)),
		Client: dynamodb.NewFromConfig(Config(proxy.URL)),
		Proxy:  proxy,
	}
	if err := create(t.Context(), table.Client, table.Name); err != nil {
		t.Fatalf("create the task table: %v", err)
	}
	proxy.Reset()
	return table
}

// create creates the table and waits until it takes requests.
func create(ctx context.Context, client *dynamodb.Client, name string) error {
	if _, err := client.CreateTable(ctx, tableInput(name)); err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, time.Second
	})
	return waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)}, time.Minute)
}

func tableInput(name string) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingModePayPerRequest,
		KeySchema: keys(partitionKey),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(tasktable.StatusIndex), KeySchema: keys(indexPartitionKey, indexSortKey),
			Projection: &types.Projection{
				ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: tasktable.IndexedAttributes,
			},
		}},
	}
	for _, attribute := range []string{partitionKey, indexPartitionKey, indexSortKey} {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute), AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return input
}

// keys is the schema of a partition key and, if given, a sort key.
func keys(attributes ...string) []types.KeySchemaElement {
	var schema []types.KeySchemaElement
	for i, attribute := range attributes {
		kind := []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(attribute), KeyType: kind})
	}
	return schema
}
