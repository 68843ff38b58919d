package tasktable

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item's attributes by name.
type item = map[string]types.AttributeValue

// update collects an UpdateItem expression. It refers to every attribute by a
// placeholder, # and its short name, because several names (status, result,
// context) are reserved words.
type update struct {
	sets, removes, adds, deletes []string
	assigned                     []string // attributes
	condition                    string
	names                        map[string]string
	values                       item
	// returns is what of the item a successful update answers with.
	returns types.ReturnValue
}

// The capacity for names and values that suffices for most updates.
const (
	usualNames  = 48
	usualValues = 24
)

func newUpdate() update {
	return update{
		sets: make([]string, 0, usualValues), removes: make([]string, 0, usualNames),
		assigned: make([]string, 0, usualValues),
		names:    make(map[string]string, usualNames), values: make(item, usualValues),
	}
}

// set assigns a value to an attribute.
func (u *update) set(attribute string, value types.AttributeValue) {
	u.setTo(attribute, ":"+short(attribute))
	u.value(attribute, value)
}

// setTo assigns an expression; the caller declares the names and values in it.
func (u *update) setTo(attribute, expression string) {
	u.name(attribute)
	u.assigned = append(u.assigned, attribute)
	u.sets = append(u.sets, "#"+short(attribute)+" = "+expression)
}

// removeOthers removes those of the attributes that the update does not set.
func (u *update) removeOthers(attributes ...string) {
	for _, attribute := range attributes {
		if slices.Contains(u.assigned, attribute) {
			continue
		}
		u.name(attribute)
		u.removes = append(u.removes, "#"+short(attribute))
	}
}

// change adds the values of a set to a set attribute, or deletes them from it.
func (u *update) change(actions *[]string, attribute, name string, set types.AttributeValue) {
	u.name(attribute)
	u.value(name, set)
	*actions = append(*actions, "#"+short(attribute)+" :"+name)
}

// onlyIf sets the condition and declares the attributes in it.
func (u *update) onlyIf(condition string, attributes ...string) {
	u.condition = condition
	for _, attribute := range attributes {
		u.name(attribute)
	}
}

func (u *update) name(attribute string) { u.names["#"+short(attribute)] = attribute }

func (u *update) value(name string, value types.AttributeValue) { u.values[":"+short(name)] = value }

// short is an attribute's name in expressions.
func short(attribute string) string { return strings.TrimPrefix(attribute, InternalPrefix) }

// bytes is the size of the values that the update sets, with their names. It is
// never less than what DynamoDB counts.
func (u *update) bytes() int {
	total := 0
	for name, value := range u.values {
		total += len(InternalPrefix) + len(name) + size(value)
	}
	return total
}

func (u *update) expression() string {
	var clauses []string
	for _, clause := range []struct {
		keyword string
		actions []string
	}{{"SET", u.sets}, {"REMOVE", u.removes}, {"ADD", u.adds}, {"DELETE", u.deletes}} {
		if len(clause.actions) > 0 {
			clauses = append(clauses, clause.keyword+" "+strings.Join(clause.actions, ", "))
		}
	}
	return strings.Join(clauses, " ")
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

// stringOf returns a string attribute, or "" if it is absent or has another
// type.
func stringOf(item item, attribute string) string {
	if s, ok := item[attribute].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}
