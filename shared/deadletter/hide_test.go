package deadletter

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
)

func TestClose(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, http.Handler)
		want   string
		times  int
	}{
		"OKAfterRetry":           {failing("InternalError", false), "", 2},
		"OKVisibleAlready":       {failing("MessageNotInflight", true), "", 0},
		"OKAnotherReadersLetter": {failing("ReceiptHandleIsInvalid", true), "", 0},
		"ErrEveryAttempt":        {failing("InternalError", false), "failed for 1, hidden for up to 15s", 0},
	} {
		t.Run(name, func(t *testing.T) {
			queues, _, r := open(t, 1)
			walk(t, r, Request{})
			queues.Proxy.Inject(faultproxy.Fault{
				Match: operation("ChangeMessageVisibilityBatch"), Times: test.times, Do: test.answer,
			})
			err := r.Close(t.Context())
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

// TestRenew: letters that would soon be visible are hidden for longer. If SQS refuses,
// the reader no longer holds them.
func TestRenew(t *testing.T) {
	t.Parallel()
	queues, _, r := open(t, 25)
	walk(t, r, Request{})
	soon := time.Now().Add(time.Second)
	for id, x := range r.held {
		x.until = soon
		r.held[id] = x
	}
	r.renew(t.Context())
	for id, x := range r.held {
		if x.until.Before(soon.Add(10 * time.Second)) {
			t.Errorf("%s is hidden until %v", id, x.until)
		}
	}
	requests := len(queues.Proxy.Requests(operation("ChangeMessageVisibilityBatch")))
	if r.renew(t.Context()); requests != 3 || len(queues.Proxy.Requests(operation("ChangeMessageVisibilityBatch"))) != 3 {
		t.Errorf("%d requests hide 25 letters", requests)
	}
	r.held["gone"] = receipt{id: "gone", handle: "gone"}
	if r.renew(t.Context()); len(r.held) != 25 {
		t.Errorf("%d are held", len(r.held))
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestVisibility: letters are hidden again before they are visible, and for long enough to hide all of them again, ten
// to a request, if each request of the ten at a time takes half a second.
func TestVisibility(t *testing.T) {
	for held, want := range map[int]time.Duration{
		0: 15 * time.Second, 99: 15 * time.Second, 100: 16 * time.Second, 10_000: 115 * time.Second,
	} {
		if got := visibility(held); got != want {
			t.Errorf("with %d letters, they are hidden for %v, want %v", held, got, want)
		}
	}
	if heartbeat >= visibility(0)/2 {
		t.Errorf("letters are looked through every %v, and hidden for %v", heartbeat, visibility(0))
	}
}

// TestSeenAgain: a letter that SQS delivers twice is handed out once, and deleted
// by its last receipt.
func TestSeenAgain(t *testing.T) {
	t.Parallel()
	queues, url, r := open(t, 1)
	first := walk(t, r, Request{})
	if errs := inBatches(t.Context(), []receipt{r.held[first[0].ID]}, r.hide(0)); len(errs) > 0 {
		t.Fatal(errs)
	}
	if again := walk(t, r, Request{}); len(again) != 0 {
		t.Errorf("%d are handed out again", len(again))
	}
	if errs := r.Delete(t.Context(), first); len(errs) > 0 || len(queues.Receive(t, url)) != 0 {
		t.Errorf("it is not deleted: %v", errs)
	}
}
