package deadletter

import (
	"net/http"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

type answers []func(http.ResponseWriter, *http.Request, http.Handler)

// other lists another letter than the one that was to be deleted.
var other = reply(http.StatusOK, `{"Successful":[{"Id":"another"}]}`)

func TestDelete(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers answers // to deletions, before those of the server
		want    string  // in the error
		left    int
	}{
		"OK":                        {},
		"OKAfterRetry":              {answers: answers{failing("InternalError", false)}},
		"ErrSendersFault":           {answers{failing("InvalidIdFormat", true)}, "InvalidIdFormat", 1},
		"ErrEveryAttempt":           {answers{failing("A", false), failing("B", false), failing("C", false)}, "C", 1},
		"OKListedInTheSecondAnswer": {answers: answers{other}},
		"ErrNotListed":              {answers{other, other, other}, "neither as successful nor as failed", 1},
		"ErrOfTheWholeCall": {
			answers{reply(http.StatusForbidden, `{"__type":"AccessDenied","message":"no"}`)}, "AccessDenied", 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			queues, url, r := open(t, 1)
			letters := walk(t, r, Request{})
			for _, answer := range test.answers {
				queues.Proxy.Inject(faultproxy.Fault{Match: operation("DeleteMessageBatch"), Times: 1, Do: answer})
			}
			err := r.Delete(t.Context(), letters)[letters[0].ID]
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want it to say %q", err, test.want)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if left := len(queues.Receive(t, url)); left != test.left {
				t.Errorf("%d are left", left)
			}
		})
	}
}
