package tasktable

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// update collects an UpdateItem expression. Every attribute is referred to by
// a #placeholder of its own name, since several (status, result, context) are
// reserved words.
type update struct {
	sets, removes []string
	assigned      map[string]bool
	condition     string
	names         map[string]string
	values        map[string]types.AttributeValue
}

func newUpdate() update {
	return update{
		assigned: map[string]bool{},
		names:    map[string]string{},
		values:   map[string]types.AttributeValue{},
	}
}

// set assigns a value to an attribute.
func (u *update) set(attribute string, value types.AttributeValue) {
	u.setTo(attribute, ":"+attribute)
	u.values[":"+attribute] = value
}

// setTo assigns an expression, whose names and values the caller declares.
func (u *update) setTo(attribute, expression string) {
	u.name(attribute)
	u.assigned[attribute] = true
	u.sets = append(u.sets, "#"+attribute+" = "+expression)
}

// removeOthers removes those of the attributes that the update does not set.
func (u *update) removeOthers(attributes ...string) {
	for _, attribute := range attributes {
		if u.assigned[attribute] {
			continue
		}
		u.name(attribute)
		u.removes = append(u.removes, "#"+attribute)
	}
}

// onlyIf sets the condition and declares the attributes it names.
func (u *update) onlyIf(condition string, attributes ...string) {
	u.condition = condition
	for _, attribute := range attributes {
		u.name(attribute)
	}
}

func (u *update) name(attribute string) { u.names["#"+attribute] = attribute }

// bytes is the size of what the update sets, the key included.
func (u *update) bytes() int {
	total := len("task_id") + 2048
	for name, value := range u.values {
		total += len(name) + size(value)
	}
	return total
}

func (u *update) expression() string {
	expression := "SET " + strings.Join(u.sets, ", ")
	if len(u.removes) > 0 {
		expression += " REMOVE " + strings.Join(u.removes, ", ")
	}
	return expression
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func boolean(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func texts(values []string) types.AttributeValue {
	list := make([]types.AttributeValue, len(values))
	for i, value := range values {
		list[i] = text(value)
	}
	return &types.AttributeValueMemberL{Value: list}
}

// stringOf is an attribute's string, "" if it is absent or of another type.
func stringOf(item map[string]types.AttributeValue, attribute string) string {
	if s, ok := item[attribute].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}
