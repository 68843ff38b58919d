package tasktable_test

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// TestRecordFillsTheItem: the largest context that Record stores natively fits
// the server's limit, beside the longest id, and leaves room for the delivery.
func TestRecordFillsTheItem(t *testing.T) {
	f := newFixture(t)
	const most = 100 << 10 // of each of these, 400 KB hold fewer
	for name, element := range map[string]string{
		"long numbers": "-12345678901234567890123456789012345678",
		"odd digits":   "-1.23",
		"literals":     "true,null",
		"strings":      `"` + strings.Repeat("x", 100) + `"`,
		"lists":        "[[1],[]]",
		"objects":      `{"name":{"n":-10}}`,
	} {
		t.Run(name, func(t *testing.T) {
			id := newID()
			id += strings.Repeat("i", announcement.MaxIDBytes-len(id))
			n := sort.Search(most, func(n int) bool { return !tasktable.StoresNatively(withContext(t, id, element, n)) }) - 1
			a := withContext(t, id, element, n)
			f.requests.Reset()
			if recording := f.record(t, a); len(recording.Omitted) > 0 {
				t.Errorf("omitted %v", recording.Omitted)
			}
			d := tasktable.Delivery{Status: tasktable.Delivering, Error: strings.Repeat("e", 3<<10)}
			for _, url := range a.ImageURLs {
				d.URIs = append(d.URIs, strings.Replace(url, "s3://b/", "s3://"+strings.Repeat("d", 60)+"/", 1))
			}
			if taken, err := f.RecordDelivery(t.Context(), a, d); err != nil || !taken {
				t.Errorf("the delivery was taken: %t, error: %v", taken, err)
			}
			if got := len(f.requests.Requests(updates)); got != 2 {
				t.Errorf("%d updates with %d elements, want 2: the server refused some", got, n)
			}
			if _, ok := f.item(t, id)["context"]; !ok {
				t.Errorf("the context of %d elements is not native", n)
			}
		})
	}
}

// withContext announces a completion of 100 images whose context is a list of
// n elements.
func withContext(t *testing.T, id, element string, n int) announcement.Announcement {
	t.Helper()
	a := announce(t, "m", 0, `{"id":"`+id+`","result":true,"runtime":"sdruntime","output_url":"s3://b/output/task.out"}`)
	a.Context = json.RawMessage("[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]")
	for i := range 100 {
		a.ImageURLs = append(a.ImageURLs, fmt.Sprintf("s3://b/output/task/task-0f3c-%d.png", i))
	}
	return a
}
