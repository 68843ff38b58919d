package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
)

// The share of requests that fail, and how often a function sends each at most.
const (
	failing  = 0.47
	attempts = 4
)

// TestAttempts makes almost half of a function's requests fail at random, and counts the
// invocations that fail, for each hundred events of a sandbox. The number must be that of
// independent attempts, in the tenth hundred as in the first. CHAOS_MESSAGES is the number
// of events (400 by default), CHAOS_SEED selects their order.
func TestAttempts(t *testing.T) {
	total, seed := setting(t, "CHAOS_MESSAGES", 400), setting(t, "CHAOS_SEED", 1)
	for _, function := range []string{"record", "deliver"} {
		t.Run(function, func(t *testing.T) {
			u := newUnreliable(t, function, total, rand.New(rand.NewPCG(uint64(seed), 3)))
			start := time.Now()
			u.invokeAll(t)
			t.Logf("%d events in %v, %.1f %% of %d requests failed", len(u.failures),
				time.Since(start).Round(time.Second), 100*float64(u.failed)/float64(u.requests), u.requests)
			for hundred, got := range u.failedInvocations {
				n := min(callers*100, total-hundred*callers*100)
				want := float64(n) * math.Pow(failing, attempts)
				t.Logf("hundred %2d of each sandbox: %4d invocations failed, independent attempts predict %.1f",
					hundred+1, got, want)
				if math.Abs(float64(got)-want) > max(2, want/10) {
					t.Errorf("%d invocations failed, want %.1f, give or take a tenth", got, want)
				}
			}
		})
	}
}

// callers is how many events are handled concurrently, each by a sandbox of its own.
const callers = 4

// unreliable is a function whose requests fail as planned.
type unreliable struct {
	name  string
	host  *lambdahost.Host
	proxy *faultproxy.Proxy

	mutex    sync.Mutex
	failures []int          // by event: how many attempts fail
	sent     map[string]int // attempts, by task
	requests int
	failed   int
	// failedInvocations are by the hundred of the events that a caller has sent.
	failedInvocations []int
}

func newUnreliable(t *testing.T, name string, total int, random *rand.Rand) *unreliable {
	t.Helper()
	table := localtest.Table(t)
	functions := localtest.Functions(t, lambdahost.Function{
		Bootstrap: localtest.Bootstrap(t, path.Join("functions", name)),
		Environment: map[string]string{
			"TASK_TABLE": table.Name, "METRIC_NAMESPACE": "test", "OUTPUT_BUCKET": "from", "DELIVERY_BUCKET": "to",
			shortPauses:                 "true",
			"AWS_ENDPOINT_URL_DYNAMODB": table.Proxy.URL, "AWS_ENDPOINT_URL_S3": table.Proxy.URL,
		},
	})
	u := &unreliable{name: name, host: functions.Host, proxy: table.Proxy, sent: map[string]int{}}
	for len(u.failures) < total {
		u.failures = append(u.failures, plan(min(callers*100, total-len(u.failures)), random)...)
	}
	u.failedInvocations = make([]int, (total+callers*100-1)/(callers*100))
	u.proxy.Inject(faultproxy.Fault{Do: u.fail})
	return u
}

// plan returns how many attempts of each event fail, in random order. The frequencies are
// those of independent attempts, rounded, so that chance can't fail the test.
func plan(total int, random *rand.Rand) []int {
	failures := make([]int, total)
	for i, at := range random.Perm(total) {
		share := (float64(i) + 0.5) / float64(total)
		failures[at] = min(attempts, int(math.Log(share)/math.Log(failing)))
	}
	return failures
}

// fail answers in DynamoDB's place if the attempt is to fail.
func (u *unreliable) fail(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var input struct {
		Key map[string]struct{ S string }
	}
	if json.Unmarshal(body, &input) != nil || input.Key == nil { // a sandbox's first request
		forward.ServeHTTP(w, r)
		return
	}
	if n, fails := u.next(input.Key["task_id"].S); fails {
		[]func(http.ResponseWriter, *http.Request, http.Handler){
			faultproxy.Reply(http.StatusInternalServerError, "application/x-amz-json-1.0", `{"__type":"InternalServerError"}`),
			faultproxy.Reply(http.StatusOK, "text/html", ""),
			faultproxy.Cut,
		}[n%3](w, r, forward)
		return
	}
	forward.ServeHTTP(w, r)
}

// next counts a request, and reports whether it fails.
func (u *unreliable) next(task string) (n int, fails bool) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	var event int
	if _, err := fmt.Sscanf(task, "task-%d", &event); err != nil {
		return 0, false
	}
	u.requests++
	u.sent[task]++
	if fails = u.sent[task] <= u.failures[event]; fails {
		u.failed++
	}
	return u.requests, fails
}

// invokeAll invokes the function with every event, callers at a time.
func (u *unreliable) invokeAll(t *testing.T) {
	t.Helper()
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for n := caller; n < len(u.failures); n += callers {
				id := fmt.Sprint("task-", n)
				_, err := u.host.Invoke(t.Context(), u.name, uuid.NewString(), withoutImages(id))
				u.record(n, err)
			}
		})
	}
	all.Wait()
}

// withoutImages is the event of a task that completed without images, for tests without a stack.
func withoutImages(id string) []byte {
	event, _ := json.Marshal(events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{
		MessageID: id, Timestamp: time.Now(), Message: fmt.Sprintf(`{"id":%q,"result":true,"image_url":[]}`, id)}}}})
	return event
}

func (u *unreliable) record(event int, err error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if err != nil {
		u.failedInvocations[event/(callers*100)]++
	}
}
