package e2e

import (
	"fmt"
	"sdtasktracker/shared/deployment"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item map[string]types.AttributeValue

func getItem(t *testing.T, id string) item {
	t.Helper()
	out, err := local.DynamoDB().GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(local.Outputs[deployment.TaskTable]), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: id}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

// text returns an attribute as a string: S, N and BOOL unchanged, L joined by spaces;
// "" if it is missing.
func (i item) text(name string) string {
	switch v := i[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberBOOL:
		return fmt.Sprint(v.Value)
	case *types.AttributeValueMemberL:
		var elements []string
		for _, element := range v.Value {
			elements = append(elements, item{"": element}.text(""))
		}
		return strings.Join(elements, " ")
	}
	return ""
}

// awaitItem waits until an attribute of a task's item has a value.
func awaitItem(t *testing.T, id, attribute, want string) item {
	t.Helper()
	var got item
	await(t, fmt.Sprintf("task %s has %s %q", id, attribute, want), func() bool {
		got = getItem(t, id)
		return got.text(attribute) == want
	})
	return got
}
