package tasktable

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestSize compares size with the formulas of "DynamoDB item sizes and
// formats". The size of a number is documented as an approximation.
func TestSize(t *testing.T) {
	n := func(literal string) types.AttributeValue { return &types.AttributeValueMemberN{Value: literal} }
	list := func(values ...types.AttributeValue) types.AttributeValue {
		return &types.AttributeValueMemberL{Value: values}
	}
	object := func(members item) types.AttributeValue { return &types.AttributeValueMemberM{Value: members} }
	for name, test := range map[string]struct {
		value       types.AttributeValue
		least, most int
	}{
		"StringHasItsUTF8Bytes":         {text("aé€"), 6, 6},
		"EmptyString":                   {text(""), 0, 0},
		"BinaryHasItsRawBytes":          {&types.AttributeValueMemberB{Value: []byte{0, 1, 2}}, 3, 3},
		"Boolean":                       {boolean(false), 1, 1},
		"Null":                          {&types.AttributeValueMemberNULL{Value: true}, 1, 1},
		"Digit":                         {n("7"), 2, 3},
		"38DigitsHalfAByteEach":         {n("12345678901234567890123456789012345678"), 20, 22},
		"38DigitsAndASign":              {n("-12345678901234567890123456789012345678"), 21, 22},
		"EmptyList":                     {list(), 3, 3},
		"ListHasABytePerElement":        {list(boolean(true), text("ab")), 3 + 2 + 1 + 2, 3 + 2 + 1 + 2},
		"EmptyMap":                      {object(item{}), 3, 3},
		"MapHasABytePerMember":          {object(item{"name": text("ab")}), 3 + 1 + 4 + 2, 3 + 1 + 4 + 2},
		"NestedValuesHaveTheirsEachToo": {list(list(), object(item{"n": list()})), 3 + 2 + 3 + 3 + 2 + 3, 16},
	} {
		t.Run(name, func(t *testing.T) {
			if got := size(test.value); got < test.least || got > test.most {
				t.Errorf("size is %d, want %d to %d", got, test.least, test.most)
			}
		})
	}
}

func TestDocumentOf(t *testing.T) {
	for name, test := range map[string]struct {
		item item
		want string
	}{
		"Native":           {item{"context": &types.AttributeValueMemberM{Value: item{"a": number(1)}}}, `{"a":1}`},
		"Text":             {item{"context_json": text(`"\ud800"`)}, `"\ud800"`},
		"Binary":           {item{"context_json": &types.AttributeValueMemberB{Value: []byte("\"\xff\"")}}, "\"\xff\""},
		"Omitted":          {item{"context_omitted": boolean(true)}, ""},
		"Absent":           {item{"extra": text("another document")}, ""},
		"TextOfAWrongType": {item{"context_json": number(1)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := documentOf(test.item, contextForms); string(got) != test.want || (got == nil) != (test.want == "") {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestToJSON checks what the round trip of FuzzDocument can't: values that
// other programs wrote, and an order that is always the same.
func TestToJSON(t *testing.T) {
	for name, test := range map[string]struct {
		value types.AttributeValue
		want  string
	}{
		"MembersInTheOrderOfTheirNames": {
			&types.AttributeValueMemberM{Value: item{"b": number(2), "c": boolean(true), "a": text(`"`)}},
			`{"a":"\"","b":2,"c":true}`,
		},
		"Null":   {&types.AttributeValueMemberNULL{Value: true}, `null`},
		"Binary": {&types.AttributeValueMemberB{Value: []byte("x")}, `null`},
		"SetInAList": {
			&types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberSS{}, text("")}},
			`[null,""]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := toJSON(test.value); string(got) != test.want || !json.Valid(got) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestNewTaskIgnoresWrongTypes: an item that another program spoiled reads as
// if the attributes were absent.
func TestNewTaskIgnoresWrongTypes(t *testing.T) {
	for name, wrong := range map[string]types.AttributeValue{
		"Set":        &types.AttributeValueMemberNS{Value: []string{"1"}},
		"Number":     &types.AttributeValueMemberN{Value: "no number"},
		"ListOfSets": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberNS{}}},
	} {
		t.Run(name, func(t *testing.T) {
			spoiled := item{}
			for _, attribute := range Attributes {
				if attribute.Name != attrContext && attribute.Name != attrExtra {
					spoiled[attribute.Name] = wrong
				}
			}
			got := newTask(spoiled)
			if len(got.ImageURLs)+len(got.Delivered)+len(got.EmptyObjects) > 0 {
				t.Errorf("lists are %q, %q and %q", got.ImageURLs, got.Delivered, got.EmptyObjects)
			}
			got.ImageURLs, got.Delivered, got.EmptyObjects = nil, nil, nil
			if !reflect.DeepEqual(got, Task{}) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
