package tasktable_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/readme"
	"sdtasktracker/shared/tasktable"
)

func TestAttributes(t *testing.T) {
	seen := map[string]bool{}
	for _, attribute := range tasktable.Attributes {
		if seen[attribute.Name] {
			t.Errorf("%s is declared twice", attribute.Name)
		}
		seen[attribute.Name] = true
	}
	for _, key := range []string{
		tasktable.PartitionKey, tasktable.StatusIndexPartitionKey, tasktable.StatusIndexSortKey,
		tasktable.TimeToLiveAttribute,
	} {
		if !seen[key] {
			t.Errorf("%s is not declared", key)
		}
	}
}

// TestIndexedAttributes: the index has no keys twice, which DynamoDB refuses,
// and nothing whose size a message decides, since index writes cost by size.
func TestIndexedAttributes(t *testing.T) {
	for _, attribute := range tasktable.Attributes {
		if !slices.Contains(tasktable.IndexedAttributes, attribute.Name) {
			continue
		}
		switch attribute.Name {
		case tasktable.PartitionKey, tasktable.StatusIndexPartitionKey, tasktable.StatusIndexSortKey:
			t.Errorf("%s is a key", attribute.Name)
		case "output_url", "delivery_error":
			t.Errorf("%s may be long", attribute.Name)
		}
		if !slices.Contains([]string{"S", "N", "BOOL", "SS"}, attribute.Type) { // a set is bounded
			t.Errorf("%s is of type %s and may be large", attribute.Name, attribute.Type)
		}
	}
}

// documents are the fields of messages that are stored in each form.
var documents = map[string]string{
	"Native":  `"context":{"a":1},"prompt":"a cat"`,
	"Text":    `"context":"\ud800","prompt":"\ud800"`,
	"Binary":  "\"context\":\"\xff\",\"prompt\":\"\xff\"",
	"Omitted": `"context":"` + strings.Repeat("x", 400<<10) + `","prompt":"` + strings.Repeat("x", 400<<10) + `"`,
}

// lists are numbers of images: one list fits into the item, the other doesn't.
var lists = map[string]int{"whole": 1, "cut short": 400}

// writeEverything records a whole run with a number of images of 1 KB each, and
// its delivery, so that the item has every attribute it can have with documents
// in that form.
func (f fixture) writeEverything(t *testing.T, documents string, images int) (id string) {
	t.Helper()
	id = newID()
	uris := slices.Repeat([]string{"s3://b/" + strings.Repeat("k", 1<<10)}, images)
	f.record(t, announce(t, "m0", -time.Second,
		`{"metadata":{"id":"`+id+`","tasktype":"text-to-image","prefix":"output"},"content":{}}`))
	f.record(t, announce(t, "m1", 0, `{"id":"`+id+`","status":"running"}`))
	completed := announce(t, "m2", time.Second, `{"id":"`+id+`","result":true,"runtime":"sdruntime",`+
		`"image_url":["`+strings.Join(uris, `","`)+`"],"output_url":"s3://b/k.out",`+documents+`}`)
	completed.Caller, completed.Request = "u-17", `{"seed":1}`
	f.record(t, completed)
	taken, err := f.RecordDelivery(t.Context(), completed, tasktable.Delivery{
		Status: tasktable.Delivered, URIs: uris, Empty: uris, At: noon, Error: "a reason"})
	if err != nil || !taken {
		t.Fatalf("the delivery was taken: %t, error: %v", taken, err)
	}
	return id
}

// failing returns the attributes of a task that failed, merged with those of the
// same task after it has been started again.
func (f fixture) failing(t *testing.T) map[string]types.AttributeValue {
	id := newID()
	failed := announce(t, "m1", 0, `{"id":"`+id+`","result":false,"image_url":["s3://b/k"],"source":"reconcile"}`)
	failed.Error = "a reason"
	f.record(t, failed)
	item := f.item(t, id)
	f.record(t, announce(t, "m2", time.Second, `{"id":"`+id+`","status":"running"}`))
	maps.Copy(item, f.item(t, id))
	return item
}

// TestAttributesAreThoseWritten: Record and RecordDelivery write the declared
// attributes, in the declared types, and no others.
func TestAttributesAreThoseWritten(t *testing.T) {
	f := newFixture(t)
	written := map[string][]string{}
	add := func(item map[string]types.AttributeValue) {
		for name, value := range item {
			if kind := typeOf(value); !slices.Contains(written[name], kind) {
				written[name] = append(written[name], kind)
			}
		}
	}
	add(f.failing(t))
	for _, fields := range documents {
		for _, images := range lists {
			add(f.item(t, f.writeEverything(t, fields, images)))
		}
	}
	for _, attribute := range tasktable.Attributes {
		want := strings.Split(attribute.Type, " or ")
		got := slices.Sorted(slices.Values(written[attribute.Name]))
		slices.Sort(want)
		if attribute.Type == "any" && len(got) > 0 {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s was written as %q and is declared as %s", attribute.Name, got, attribute.Type)
		}
		delete(written, attribute.Name)
	}
	if len(written) > 0 {
		t.Errorf("%v were written and are not declared", written)
	}
}

// typeOf names a value's type as Attribute.Type does.
func typeOf(value types.AttributeValue) string {
	list, ok := value.(*types.AttributeValueMemberL)
	if !ok {
		return strings.TrimPrefix(reflect.TypeOf(value).Elem().Name(), "AttributeValueMember")
	}
	kind := "L"
	for _, element := range list.Value {
		kind = "L of " + typeOf(element)
	}
	return kind
}

// TestNewerAnnouncementReplacesEverything: after a newer run has started, the item
// is the same as with that run alone.
func TestNewerAnnouncementReplacesEverything(t *testing.T) {
	f := newFixture(t)
	for name, fields := range documents {
		t.Run(name, func(t *testing.T) {
			id, fresh := f.writeEverything(t, fields, lists["cut short"]), newID()
			for _, task := range []string{id, fresh} {
				f.record(t, announce(t, "m3", time.Minute, `{"id":"`+task+`","status":"running"}`))
			}
			got, want := f.item(t, id), f.item(t, fresh)
			delete(got, tasktable.PartitionKey)
			delete(want, tasktable.PartitionKey)
			for _, kept := range []string{ // of the task, whatever comes
				"internal_runs", "internal_ended_ms", "queued_at", "task_type", "prefix", "internal_queued_version",
			} {
				delete(got, kept)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("attributes are %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
		})
	}
}

// TestDocumentation compares the declarations with the table of attributes that
// users read.
func TestDocumentation(t *testing.T) {
	var declared []string
	for _, attribute := range tasktable.Attributes {
		declared = append(declared, attribute.Name)
	}
	slices.Sort(declared)
	if documented := readme.Names(t, "functions/README.md", "Task table"); !slices.Equal(documented, declared) {
		t.Errorf("documented are %q, declared are %q", documented, declared)
	}
}
