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
	if err := create(t.Context(), table.Client, table.Name); err != nil {
		t.Fatalf("create the task table: %v", err)
	}
	proxy.Reset()
	return table
}

// create creates the table and waits until it is active.
func create(ctx context.Context, client *dynamodb.Client, name string) error {
	if _, err := client.CreateTable(ctx, createInput(name)); err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, time.Second
	})
	return waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)}, time.Minute)
}

// createInput requests the table that the CDK app declares, under a name.
func createInput(name string) *dynamodb.CreateTableInput {
	key := func(attribute string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(attribute), KeyType: kind}
	}
	index := func(name, partition, sort string, attributes []string) types.GlobalSecondaryIndex {
		return types.GlobalSecondaryIndex{
			IndexName: aws.String(name),
			KeySchema: []types.KeySchemaElement{key(partition, types.KeyTypeHash), key(sort, types.KeyTypeRange)},
			Projection: &types.Projection{
				ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: attributes,
			},
		}
	}
	var definitions []types.AttributeDefinition
	for _, attribute := range []string{tasktable.PartitionKey, tasktable.StatusIndexPartitionKey,
		tasktable.StatusIndexSortKey, tasktable.CallerIndexPartitionKey,
	} {
		definitions = append(definitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute),
			AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return &dynamodb.CreateTableInput{
		TableName:            aws.String(name),
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: definitions,
		KeySchema:            []types.KeySchemaElement{key(tasktable.PartitionKey, types.KeyTypeHash)},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			index(tasktable.StatusIndex, tasktable.StatusIndexPartitionKey, tasktable.StatusIndexSortKey,
				tasktable.IndexedAttributes),
			index(tasktable.CallerIndex, tasktable.CallerIndexPartitionKey, tasktable.CallerIndexSortKey,
				tasktable.CallerIndexedAttributes),
		},
	}
}
