package deadletter

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/faultproxy"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []string // to deletions, before those of the server
		want    string   // in the error
		left    int
	}{
		"OK":                {},
		"OKAfterRetry":      {answers: []string{failed("InternalError", false)}},
		"ErrSendersFault":   {[]string{failed("InvalidIdFormat", true)}, "InvalidIdFormat", 1},
		"ErrEveryAttempt":   {[]string{failed("A", false), failed("B", false), failed("C", false)}, "C", 1},
		"ErrOfTheWholeCall": {[]string{`{"__type":"AccessDenied","message":"no"}`}, "AccessDenied", 1},
	} {
		t.Run(name, func(t *testing.T) {
			queues, url, r := open(t, 1)
			letters := walk(t, r, Request{})
			for _, answer := range test.answers {
				status := http.StatusOK
				if strings.Contains(answer, "__type") {
					status = http.StatusForbidden
				}
				queues.Proxy.Inject(faultproxy.Fault{
					Match: operation("DeleteMessageBatch"), Times: 1, Do: reply(status, answer),
				})
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

func TestEntryOfAnotherBatch(t *testing.T) {
	t.Parallel()
	odd := func(context.Context, []receipt) ([]types.BatchResultErrorEntry, error) {
		return []types.BatchResultErrorEntry{{Id: aws.String("7")}, {Id: aws.String("x")}}, nil
	}
	if errs := inBatches(t.Context(), []receipt{{id: "a"}}, odd); len(errs) != 0 {
		t.Errorf("got %v", errs)
	}
}
