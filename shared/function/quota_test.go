package function

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// failing replaces a service's answers with errors or no answer.
var failing = []func(http.ResponseWriter, *http.Request, http.Handler){
	faultproxy.Reply(http.StatusInternalServerError, "application/x-amz-json-1.0", `{"__type":"InternalServerError"}`),
	faultproxy.Reply(http.StatusBadRequest, "application/x-amz-json-1.0", `{"__type":"ThrottlingException"}`),
	faultproxy.Reply(http.StatusServiceUnavailable, "text/html", "<html>"),
	faultproxy.Reply(http.StatusOK, "text/plain", ""),
	faultproxy.Cut,
}

// TestEveryEventHasAllAttempts: if almost every second request fails, an event fails only
// after four failed attempts, in the tenth hundred of events as in the first.
func TestEveryEventHasAllAttempts(t *testing.T) {
	const events, attempts, share = 1000, 4, 0.47
	isolate(t)
	table := localtest.Table(t)
	random := rand.New(rand.NewPCG(1, 2))
	var mutex sync.Mutex
	requests, failures := 0, 0 // of the current event
	table.Proxy.Inject(faultproxy.Fault{Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		mutex.Lock()
		answer := forward.ServeHTTP
		if requests++; random.Float64() < share {
			failures++
			fail := failing[random.IntN(len(failing))]
			answer = func(w http.ResponseWriter, r *http.Request) { fail(w, r, forward) }
		}
		mutex.Unlock()
		answer(w, r)
	}})
	cfg := localtest.Impatient(Config(variables(table)))
	tasks := tasktable.Table{Client: dynamodb.NewFromConfig(cfg), Name: table.Name}
	failed := make([]float64, events/100) // by the hundred
	for n := range events {
		_, err := tasks.Record(t.Context(), announcement.Announcement{
			TaskID: fmt.Sprint("task-", n), MessageID: "m", Status: announcement.Completed, PublishedAt: time.Unix(1, 0),
		})
		if err != nil {
			failed[n/100]++
		}
		mutex.Lock()
		if all := failures == attempts; all != (err != nil) || requests > attempts {
			t.Errorf("event %d: %d of %d requests failed: %v", n+1, failures, requests, err)
		}
		requests, failures = 0, 0
		mutex.Unlock()
	}
	sum := 0.0
	for _, n := range failed {
		sum += n
	}
	likely := math.Pow(share, attempts)
	want, deviation := events*likely, math.Sqrt(events*likely*(1-likely))
	t.Logf("failed of each hundred: %v; in all %v, and %.0f ± %.0f of independent attempts", failed, sum, want, deviation)
	if math.Abs(sum-want) > 3*deviation {
		t.Errorf("%v events failed, want %.0f ± %.0f", sum, want, deviation)
	}
}
