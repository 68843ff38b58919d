package tasktable

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Details is a task with every attribute of its item.
type Details struct {
	Task Task

	attributes item
}

// Attribute is the value of an attribute, for people and programs that only show it: a string, an int, a bool or a
// []string; nil if the item does not have it, or not with a value of these types.
func (d Details) Attribute(name string) any {
	switch value := d.attributes[name].(type) {
	case *types.AttributeValueMemberS:
		return value.Value
	case *types.AttributeValueMemberN:
		if n, err := strconv.Atoi(value.Value); err == nil {
			return n
		}
	case *types.AttributeValueMemberBOOL:
		return value.Value
	case *types.AttributeValueMemberL:
		return stringsOf(d.attributes, name)
	}
	return nil
}

// Details reads one task as [Table.Get] does.
func (t *Table) Details(ctx context.Context, taskID string) (Details, error) {
	found, err := t.find(ctx, taskID)
	if err != nil {
		return Details{}, err
	}
	return Details{newTask(found), found}, nil
}
