package runs

import (
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
	const want = "Lambda throttled 1 invocation; it was tried again later."
	const waits = "Lambda throttles reconcile: waiting, for a minute at most, until it accepts the invocation.\n"
	if got.Code != 0 || !strings.Contains(got.Out, want) || got.Progress != waits {
		t.Errorf("exit code %d, %s\n%s", got.Code, got.Progress, got.Out)
	}
}
