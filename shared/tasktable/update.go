package tasktable

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item maps names to attributes.
type item = map[string]types.AttributeValue

// update builds an UpdateItem expression. In the expression, #NAME stands for the attribute
// NAME, because several names (status, result, context) are reserved words.
type update struct {
	sets      map[string]string // expressions by attribute
	removes   []string
	adds      []string
	condition string
	values    item
	// returns says which attributes a successful update returns.
	returns types.ReturnValue
}

// usualNames is a map capacity that is enough for most updates.
const usualNames = 48

func newUpdate() update {
	return update{sets: make(map[string]string, usualNames), values: make(item, usualNames)}
}

// set assigns a value to an attribute.
func (u *update) set(attribute string, value types.AttributeValue) {
	u.sets[attribute] = ":" + attribute
	u.values[":"+attribute] = value
}

// setText assigns a text to an attribute, unless the text is "".
func (u *update) setText(attribute, value string) {
	if value != "" {
		u.set(attribute, text(value))
	}
}

// removeOthers removes the attributes that the update does not set.
func (u *update) removeOthers(attributes ...string) {
	for _, attribute := range attributes {
		if _, set := u.sets[attribute]; !set {
			u.removes = append(u.removes, "#"+attribute)
		}
	}
}

// add adds elements to a set, on condition that the set is not full.
func (u *update) add(attribute string, elements types.AttributeValue) {
	u.adds = append(u.adds, "#"+attribute+" :"+attribute)
	u.condition += " AND (attribute_not_exists(#" + attribute + ") OR size(#" + attribute + ") < :max)"
	u.values[":"+attribute], u.values[":max"] = elements, number(maxKept)
}

// onlyIfUnchanged makes the update fail if an attribute that decides the order of
// announcements differs from the stored item.
func (u *update) onlyIfUnchanged(stored item) {
	conditions := make([]string, len(internalAttributes))
	for i, attribute := range internalAttributes {
		conditions[i] = "attribute_not_exists(#" + attribute + ")"
		if value, ok := stored[attribute]; ok {
			conditions[i] = "#" + attribute + " = :stored_" + attribute
			u.values[":stored_"+attribute] = value
		}
	}
	u.condition = strings.Join(conditions, " AND ")
}

// bytes returns the size of the values that the update sets, with their names. It is
// never less than what DynamoDB counts.
func (u *update) bytes() int {
	total := 0
	for name, value := range u.values {
		total += len(name) + size(value)
	}
	return total
}

func (u *update) expression() string {
	sets := make([]string, 0, len(u.sets))
	for _, attribute := range slices.Sorted(maps.Keys(u.sets)) {
		sets = append(sets, "#"+attribute+" = "+u.sets[attribute])
	}
	var clauses []string
	for _, clause := range []struct {
		keyword string
		actions []string
	}{{"SET", sets}, {"REMOVE", u.removes}, {"ADD", u.adds}} {
		if len(clause.actions) > 0 {
			clauses = append(clauses, clause.keyword+" "+strings.Join(clause.actions, ", "))
		}
	}
	return strings.Join(clauses, " ")
}

// namesIn maps the placeholders in an expression to attribute names.
func namesIn(expression string) map[string]string {
	names := make(map[string]string, usualNames)
	outside := func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' && r != '#' }
	for _, word := range strings.FieldsFunc(expression, outside) {
		if name, ok := strings.CutPrefix(word, "#"); ok {
			names[word] = name
		}
	}
	return names
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func numbers(values ...int64) types.AttributeValue {
	set := &types.AttributeValueMemberNS{}
	for _, value := range values {
		set.Value = append(set.Value, strconv.FormatInt(value, 10))
	}
	return set
}

func boolean(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func texts(values []string) types.AttributeValue {
	list := make([]types.AttributeValue, len(values))
	for i, value := range values {
		list[i] = text(value)
	}
	return &types.AttributeValueMemberL{Value: list}
}
