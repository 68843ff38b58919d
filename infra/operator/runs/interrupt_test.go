package runs

import (
	"net/http"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
)

func invokes(r faultproxy.Request) bool { return strings.Contains(r.Path, "/functions/reconcile/") }

// TestInterrupted: Ctrl-C ends a reconcile at once, also in its first call. It says what was done, that nothing is
// lost, and how to go on.
func TestInterrupted(t *testing.T) {
	const partly = `{"objects": 5, "runs": 2, "repaired": 1, "kinds": {"missing in table": 2}, "more": [{"after": "b/"}]}`
	for name, test := range map[string]struct {
		args     string
		answered bool // the first call
		want     []string
	}{
		"OKFirstCall": {"--repair --since 7d", false, []string{"no call has answered yet, so the numbers are not known",
			"to go on: sdtasks reconcile --repair --since 7d\n"}},
		"OKSecondCall": {"--repair", true, []string{"done so far: 5 objects, 2 runs, 1 repaired",
			"the last call continues in Lambda for about 10 seconds, or until it has repaired what it listed; nothing is lost",
			"to go on: sdtasks reconcile --repair --continue W3siYWZ0ZXIiOiJiLyJ9XQ\n"}},
		"OKAgain": {"--continue W3siYWZ0ZXIiOiJhLyJ9XQ --repair", true,
			[]string{"to go on: sdtasks reconcile --repair --continue W3siYWZ0ZXIiOiJiLyJ9XQ\n"}},
		"OKAgainAtOnce": {"--repair --continue W3siYWZ0ZXIiOiJhLyJ9XQ", false,
			[]string{"to go on: sdtasks reconcile --repair --continue W3siYWZ0ZXIiOiJhLyJ9XQ\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := deployReconcile(t)
			if test.answered {
				d.functions.Proxy.Inject(faultproxy.Fault{Times: 1, Match: invokes,
					Do: faultproxy.Reply(http.StatusOK, "application/json", partly)})
			}
			operatortest.AddEnvironment(t, d.variables...)
			ctx := operatortest.Interrupt(t, d.functions.Proxy, invokes, 0)
			s := cli.Surroundings{Variables: d.variables, Clock: command.SystemClock}
			got := operatortest.RunUntil[subcommands](ctx, s, append([]string{"reconcile"}, strings.Fields(test.args)...)...)
			for _, want := range append(test.want, "sdtasks: interrupted\n") {
				if got.Code != 130 || !strings.Contains(got.Progress, want) || strings.Contains(got.Progress, "StatusCode") {
					t.Errorf("exit code %d, no %q in\n%s%s", got.Code, want, got.Progress, got.Out)
				}
			}
		})
	}
}

// TestFailsHalfway: a failure says how to go on, too, and the SDK's text comes last.
func TestFailsHalfway(t *testing.T) {
	d := deployReconcile(t)
	d.functions.Proxy.Inject(faultproxy.Fault{Times: 1, Match: invokes, Do: faultproxy.Reply(http.StatusOK,
		"application/json", `{"objects": 5, "kinds": {}, "more": [{"after": "b/"}]}`)})
	d.functions.Proxy.Inject(faultproxy.Fault{Match: invokes, Do: faultproxy.Reply(403, "application/json",
		`{"__type":"ExpiredTokenException","message":"The security token included in the request is expired"}`)})
	got := d.run(t, "")
	at := -1
	for _, want := range []string{"sdtasks: invoke reconcile: the login has expired (the local stack",
		"→ log in again", "done so far: 5 objects, 0 runs",
		"to go on: sdtasks reconcile --continue W3siYWZ0ZXIiOiJiLyJ9XQ"} {
		next := strings.Index(got.Progress, want)
		if got.Code != 1 || next <= at {
			t.Errorf("exit code %d, %q is not there in\n%s", got.Code, want, got.Progress)
		}
		at = next
	}
}
