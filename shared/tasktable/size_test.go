package tasktable_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// TestRecordFillsTheItem: the largest context that Record stores natively and
// the longest list of a delivery fit the server's limit, beside the longest id.
func TestRecordFillsTheItem(t *testing.T) {
	f := newFixture(t)
	for name, element := range map[string]string{
		"LongNumbers": "-12345678901234567890123456789012345678",
		"OddDigits":   "-1.2345678",
		"Literals":    "[true,null]",
		"Strings":     `"` + strings.Repeat("x", 100) + `"`,
		"Lists":       "[[1],[]]",
		"Objects":     `{"name":{"n":-10}}`,
	} {
		t.Run(name, func(t *testing.T) {
			id := newID()
			id += strings.Repeat("i", announcement.MaxIDBytes-len(id))
			a := completionOf100(t, id)
			n := tasktable.MostNative(a, element)
			a.Context = json.RawMessage("[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]")
			f.requests.Reset()
			f.record(t, a)
			d := tasktable.Delivery{Status: tasktable.DeliveryFailed, Error: strings.Repeat("e", 3<<10),
				URIs: slices.Repeat([]string{"s3://d/k"}, 128<<10)}
			if taken, err := f.RecordDelivery(t.Context(), a, d); err != nil || !taken {
				t.Errorf("the delivery was taken: %t, error: %v", taken, err)
			}
			if got := len(f.requests.Requests(updates)); got != 2 {
				t.Errorf("%d updates with %d elements, want 2: the server refused some", got, n)
			}
			if _, ok := f.item(t, id)["context"]; !ok {
				t.Errorf("the context of %d elements is not native", n)
			}
			if task, err := f.Get(t.Context(), id); err != nil || task.DeliveredOmitted == 0 {
				t.Errorf("the delivery did not fill its share: %+v, %v", task, err)
			}
		})
	}
}

// completionOf100 announces a completion of 100 images.
func completionOf100(t *testing.T, id string) announcement.Announcement {
	t.Helper()
	a := announce(t, "m", 0, `{"id":"`+id+`","result":true,"runtime":"sdruntime","output_url":"s3://b/output/task.out"}`)
	for i := range 100 {
		a.ImageURLs = append(a.ImageURLs, fmt.Sprintf("s3://b/output/task/task-0f3c-%d.png", i))
	}
	return a
}

// TestRequestLeavesRoom: what an item keeps of a request has its own share, so that it fits beside the largest
// announcement and delivery, whichever is recorded first.
func TestRequestLeavesRoom(t *testing.T) {
	f := newFixture(t)
	f.Requests = true
	for name, late := range map[string]bool{"OKBefore": false, "OKLate": true} {
		t.Run(name, func(t *testing.T) {
			id := newID()
			long := strings.Repeat("p", 100<<10)
			asked := announce(t, "q", 0, `{"metadata":{"id":"`+id+`","tasktype":"`+long+`","prefix":"`+long+`"},"content":{}}`)
			asked.Request = `"` + strings.Repeat("r", announcement.MaxRequestBytes-2) + `"`
			a := announce(t, "m", time.Minute, `{"id":"`+id+`","result":true,"context":"`+strings.Repeat("c", 255<<10)+`"}`)
			d := tasktable.Delivery{Status: tasktable.Delivered, URIs: slices.Repeat([]string{"s3://d/k"}, 128<<10)}
			record := func() {
				if got := f.record(t, asked); got.Outcome == tasktable.Stale || len(got.Omitted) > 0 {
					t.Errorf("the request: %+v", got)
				}
			}
			if !late {
				record()
			}
			if got := f.record(t, a); len(got.Omitted) > 0 {
				t.Errorf("the completion: %+v", got)
			}
			if taken, err := f.RecordDelivery(t.Context(), a, d); err != nil || !taken {
				t.Errorf("the delivery was taken: %t, error: %v", taken, err)
			}
			if late {
				record()
			}
			task, err := f.Get(t.Context(), id)
			if err != nil || task.Context == nil || len(task.Delivered) == 0 || task.Request == nil {
				t.Errorf("the item has %d delivered objects, %v", len(task.Delivered), err)
			}
		})
	}
}
