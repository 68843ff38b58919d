package page

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/operator/operatortest"
)

// TestAsked: a live page can search in what was asked, and choose a caller's tasks, if the stack keeps those. In any
// case it knows why a delivery failed.
func TestAsked(t *testing.T) {
	h := operatortest.NewHistory(t)
	plain := h.Surroundings
	h.Surroundings.Variables = append(slices.Clone(plain.Variables),
		`SETTINGS={"callerContext":"user","taskRequests":"true"}`)
	for name, test := range map[string]struct {
		url, id      string
		tasks, reads int
		asked        bool
	}{
		"OK":         {browse(t, h.Surroundings) + "tasks", "done", 7, 1, true},
		"OKCaller":   {browse(t, h.Surroundings) + "tasks?caller=u-7", "denied", 2, 1, false},
		"OKNoneKept": {browse(t, plain) + "tasks", "done", 7, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			h.Proxy.Reset()
			response, body := get(t, http.MethodGet, test.url, nil)
			var answer struct{ Tasks []map[string]any }
			if err := json.Unmarshal([]byte(body), &answer); err != nil || response.StatusCode != http.StatusOK {
				t.Fatal(body)
			}
			i := slices.IndexFunc(answer.Tasks, func(task map[string]any) bool { return task["id"] == test.id })
			if len(answer.Tasks) != test.tasks || i < 0 {
				t.Fatalf("got %d tasks: %s", len(answer.Tasks), body)
			}
			if request, _ := answer.Tasks[i]["request"].(string); strings.Contains(request, "a cat") != test.asked {
				t.Errorf("it was asked for %q", request)
			}
			undelivered := slices.IndexFunc(answer.Tasks, func(task map[string]any) bool { return task["id"] == "denied" })
			if reason, _ := answer.Tasks[undelivered]["reason"].(string); !strings.HasPrefix(reason, "AccessDenied: ") {
				t.Errorf("its delivery failed for the reason %q", reason)
			}
			reads := 0
			for _, r := range h.Proxy.Requests(nil) {
				if r.Operation == "BatchGetItem" {
					reads++
				}
			}
			if reads != test.reads {
				t.Errorf("%d reads of items, want %d", reads, test.reads)
			}
		})
	}
}
