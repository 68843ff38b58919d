package runs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

// TestThrottled: Lambda throttles the command's own invocation, and those of the function
// that it invokes. Both are tried again, and the command says so and succeeds.
func TestThrottled(t *testing.T) {
	d := deployReconcile(t)
	for _, function := range []string{"reconcile", "record"} {
		d.functions.Proxy.Inject(faultproxy.Fault{Times: 1,
			Match: func(r faultproxy.Request) bool { return strings.Contains(r.Path, "/functions/"+function+"/") },
			Do: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = w.Write([]byte(`{"Reason":"ConcurrentInvocationLimitExceeded","message":"Rate Exceeded."}`))
			}})
	}
	got := d.run(t, "--repair")
	const want = "Lambda throttled 1 invocation, which was retried."
	const waits = "Lambda throttles reconcile: retrying for at most a minute.\n"
	if got.Code != 0 || !strings.Contains(got.Out, want) || got.Progress != waits {
		t.Errorf("exit code %d, %s\n%s", got.Code, got.Progress, got.Out)
	}
}

// TestManyFindings: the first thousand runs are shown, and the command says how many there are.
func TestManyFindings(t *testing.T) {
	d := deployReconcile(t)
	for call := range 11 {
		var findings []string
		for n := range 100 {
			findings = append(findings, fmt.Sprintf(`{"kind": "undecidable", "run": "r/r-%02d%02d"}`, call, n))
		}
		more := ""
		if call < 10 {
			more = fmt.Sprintf(`, "more": [{"after": "r/%d"}]`, call)
		}
		answer := fmt.Sprintf(`{"objects": 1, "runs": 100, "kinds": {"undecidable": 100, "expired": 1}, "findings": [%s]%s}`,
			strings.Join(findings, ","), more)
		d.functions.Proxy.Inject(faultproxy.Fault{Times: 1, Match: invokes,
			Do: faultproxy.Reply(http.StatusOK, "application/json", answer)})
	}
	got := d.run(t, "")
	if got.Code != 0 || strings.Count(got.Out, " r/r-") != 1000 || !strings.Contains(got.Out,
		"Only 1000 of 1100 are shown: the function names at most 100 for each call.\n\n11 objects, 1100 runs.\n") {
		t.Errorf("exit code %d, %d runs:\n%s", got.Code, strings.Count(got.Out, " r/r-"), got.Out[max(0, len(got.Out)-300):])
	}
	if !strings.Contains(got.Progress, "10 objects, 1000 runs, 0 repaired (") {
		t.Errorf("got %s", got.Progress)
	}
}
