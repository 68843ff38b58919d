package costs

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/tasktable"
)

type item = map[string]types.AttributeValue

// itemBytes is an item's size, attribute names included; 0 for none ("DynamoDB
// item sizes and formats").
func itemBytes(of item) (total float64) {
	for name, value := range of {
		total += float64(len(name)) + valueBytes(value)
	}
	return total
}

func valueBytes(value types.AttributeValue) float64 {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return float64(len(value.Value))
	case *types.AttributeValueMemberB:
		return float64(len(value.Value))
	case *types.AttributeValueMemberN:
		digits := strings.Trim(strings.NewReplacer("-", "", ".", "").Replace(value.Value), "0")
		return math.Ceil(float64(len(digits))/2) + 1
	case *types.AttributeValueMemberL:
		total := 3.0
		for _, element := range value.Value {
			total += 1 + valueBytes(element)
		}
		return total
	case *types.AttributeValueMemberM:
		return 3 + float64(len(value.Value)) + itemBytes(value.Value)
	}
	return 1 // BOOL, NULL
}

// writeUnits are the write request units of replacing an item: a unit for each
// started kilobyte of the larger one ("DynamoDB read and write operations").
func writeUnits(before, after item) float64 {
	return math.Ceil(max(itemBytes(before), itemBytes(after)) / 1024)
}

// indexUnits are the write request units that an index takes: none if its entry
// stays as it is, two writes if its key changes ("Using Global Secondary Indexes
// in DynamoDB", write capacity units).
func indexUnits(before, after item) float64 {
	sameKey := reflect.DeepEqual(before[tasktable.StatusIndexPartitionKey], after[tasktable.StatusIndexPartitionKey]) &&
		reflect.DeepEqual(before[tasktable.StatusIndexSortKey], after[tasktable.StatusIndexSortKey])
	switch {
	case reflect.DeepEqual(before, after):
		return 0
	case before == nil || after == nil || sameKey:
		return writeUnits(before, after)
	}
	return writeUnits(before, nil) + writeUnits(nil, after)
}

func TestItemBytes(t *testing.T) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	number := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	for name, test := range map[string]struct {
		item item
		want float64
	}{
		"no item":                   {nil, 0},
		"a string of UTF-8":         {item{"name": text("é")}, 6},
		"a number of 13 digits":     {item{"n": number("1763899200123")}, 9},
		"zeros at the end are free": {item{"n": number("1700000000000")}, 3},
		"a truth value":             {item{"b": &types.AttributeValueMemberBOOL{}}, 2},
		"a list": {item{"l": &types.AttributeValueMemberL{
			Value: []types.AttributeValue{text("ab"), text("c")}}}, 9},
		"a map": {item{"m": &types.AttributeValueMemberM{Value: item{"k": text("v")}}}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			if got := itemBytes(test.item); got != test.want {
				t.Errorf("got %v bytes, want %v", got, test.want)
			}
		})
	}
}

func TestUnits(t *testing.T) {
	entry := func(status string, size int) item {
		return item{
			tasktable.StatusIndexPartitionKey: &types.AttributeValueMemberS{Value: status},
			tasktable.StatusIndexSortKey:      &types.AttributeValueMemberS{Value: strings.Repeat("x", size)},
		}
	}
	for name, test := range map[string]struct {
		before, after item
		table, index  float64
	}{
		"a new item":      {nil, entry("a", 100), 1, 1},
		"a changed key":   {entry("a", 100), entry("b", 100), 1, 2},
		"no change":       {entry("a", 100), entry("a", 100), 1, 0},
		"the larger size": {entry("a", 1100), entry("a", 100), 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			table, index := writeUnits(test.before, test.after), indexUnits(test.before, test.after)
			if table != test.table || index != test.index {
				t.Errorf("got %v and %v units, want %v and %v", table, index, test.table, test.index)
			}
		})
	}
}
