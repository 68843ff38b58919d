package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
)

// open creates a queue with letters and opens it.
func open(t *testing.T, letters int) (*localtest.Messaging, string, *Reader) {
	t.Helper()
	queues := localtest.Queues(t)
	url := queues.Create(t, "letters")
	for n := range letters {
		queues.Send(t, url, fmt.Sprintf(`{"Records":[%d]}`, n))
	}
	queues.Proxy.Reset()
	r := Open(NewClient(awsclient.Configure(localtest.Config(queues.Proxy.URL))), url)
	t.Cleanup(r.stop)
	return queues, url, r
}

// walk reads the queue, and returns the letters that it handed out.
func walk(t *testing.T, r *Reader, request Request) []Letter {
	t.Helper()
	var mutex sync.Mutex
	var all []Letter
	_, err := r.Walk(t.Context(), NewSelection(request, request.Max, time.Now), func(letters []Letter) error {
		mutex.Lock()
		defer mutex.Unlock()
		all = append(all, letters...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func operation(name string) func(faultproxy.Request) bool {
	return func(r faultproxy.Request) bool { return r.Operation == name }
}

// reply answers as SQS does.
func reply(status int, body string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return faultproxy.Reply(status, "application/x-amz-json-1.0", body)
}

// failing answers a batch of one, whose entry failed.
func failing(code string, senderFault bool) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		var batch struct{ Entries []struct{ Id string } }
		_ = json.NewDecoder(r.Body).Decode(&batch)
		reply(http.StatusOK, fmt.Sprintf(`{"Failed":[{"Id":%q,"Code":%q,"SenderFault":%t,"Message":"no"}]}`,
			batch.Entries[0].Id, code, senderFault))(w, r, next)
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	const letters = 95
	queues, url, r := open(t, letters)
	t.Run("OKEachOnce", func(t *testing.T) {
		ids := map[string]bool{}
		for _, l := range walk(t, r, Request{}) {
			ids[l.ID] = true
		}
		if len(ids) != letters || len(walk(t, r, Request{})) != 0 {
			t.Errorf("got %d letters", len(ids))
		}
	})
	t.Run("OKVisibleAfterClose", func(t *testing.T) {
		if left, limited, err := r.Left(t.Context()); left != letters || limited || err != nil {
			t.Errorf("%d are left, limited: %t, %v", left, limited, err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if visible := len(queues.Receive(t, url)); visible != letters {
			t.Errorf("%d are visible", visible)
		}
	})
}

// TestWalkInParallel: several receivers read the queue.
func TestWalkInParallel(t *testing.T) {
	t.Parallel()
	_, _, r := open(t, 2*receivers*batchSize)
	var count atomic.Int64
	all := make(chan struct{})
	_, err := r.Walk(t.Context(), NewSelection(Request{}, 0, time.Now), func([]Letter) error {
		if count.Add(1) == receivers {
			close(all)
		}
		select { // the first ones wait for each other
		case <-all:
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("the receivers work one after the other")
		}
	})
	if err != nil || r.Close(t.Context()) != nil {
		t.Error(err)
	}
}

// TestReceiveAgain: SQS may deliver a letter twice. Letters that were handed out don't hide those that were not, and
// don't keep a reader for ever.
func TestReceiveAgain(t *testing.T) {
	t.Parallel()
	const again = `{"Messages":[{"MessageId":"again","ReceiptHandle":"h","Body":"{}",` +
		`"MD5OfBody":"99914b932bd37a50b983c5e7c90ae93b"}]}`
	for name, test := range map[string]struct{ times, want int }{"OKThenOther": {tries - 1, 1}, "OKNoOther": {0, 0}} {
		t.Run(name, func(t *testing.T) {
			queues, _, r := open(t, 1)
			r.seen["again"] = true
			queues.Proxy.Inject(faultproxy.Fault{
				Match: operation("ReceiveMessage"), Times: test.times, Do: reply(http.StatusOK, again),
			})
			letters, err := r.receive(t.Context(), batchSize)
			if len(letters) != test.want || err != nil {
				t.Errorf("got %d letters, %v", len(letters), err)
			}
			if n := len(queues.Proxy.Requests(operation("ReceiveMessage"))); n != tries {
				t.Errorf("%d requests, want %d", n, tries)
			}
		})
	}
}

func TestWalkStopsAtTheMaximum(t *testing.T) {
	t.Parallel()
	queues, _, r := open(t, 40)
	if got := len(walk(t, r, Request{Max: 13})); got != 13 {
		t.Errorf("got %d letters", got)
	}
	if n := len(queues.Proxy.Requests(operation("ReceiveMessage"))); n > 4 {
		t.Errorf("%d requests", n)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWalkSkips: letters that don't match don't count toward the maximum.
func TestWalkSkips(t *testing.T) {
	t.Parallel()
	queues, url, r := open(t, 60)
	for range 3 {
		queues.Send(t, url, "not JSON")
	}
	if got := len(walk(t, r, Request{ErrorContains: "is not JSON", Max: 3})); got != 3 {
		t.Errorf("got %d letters, want 3", got)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWalkStopsWithItsContext(t *testing.T) {
	t.Parallel()
	_, _, r := open(t, 40)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := r.Walk(ctx, NewSelection(Request{}, 0, time.Now), func([]Letter) error {
		cancel()
		return nil
	})
	if err != context.Canceled || r.Close(t.Context()) != nil {
		t.Errorf("error is %v", err)
	}
}

// TestInFlightLimit: Left reports whether SQS hides no more letters.
func TestInFlightLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		visible, hidden int
		limited         bool
	}{
		"OKQueuesLimit":    {1, maxHidden, true},
		"OKBelowTheLimit":  {1, maxHidden - 1, false},
		"OKNothingVisible": {0, maxHidden, false},
	} {
		t.Run(name, func(t *testing.T) {
			queues, _, r := open(t, 0)
			queues.Proxy.Inject(faultproxy.Fault{Match: operation("GetQueueAttributes"), Do: reply(http.StatusOK, fmt.Sprintf(
				`{"Attributes":{"ApproximateNumberOfMessages":"%d","ApproximateNumberOfMessagesNotVisible":"%d"}}`,
				test.visible, test.hidden))})
			left, limited, err := r.Left(t.Context())
			if left != test.visible+test.hidden || limited != test.limited || err != nil {
				t.Errorf("%d are left, limited: %t, %v", left, limited, err)
			}
		})
	}
	t.Run("OKRefused", func(t *testing.T) {
		queues, _, r := open(t, 3)
		queues.Proxy.Inject(faultproxy.Fault{Match: operation("ReceiveMessage"),
			Do: reply(http.StatusForbidden, `{"__type":"OverLimit","message":"too many"}`)})
		if got := len(walk(t, r, Request{})); got != 0 {
			t.Errorf("got %d letters", got)
		}
	})
}
