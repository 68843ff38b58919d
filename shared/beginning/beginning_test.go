package beginning

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awserror"
)

// cutOff answers with less than it promises.
func cutOff(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("ETag", `"0f3c"`)
	w.Header().Set("Content-Length", "5")
	_, _ = w.Write([]byte("he"))
}

func TestRead(t *testing.T) {
	store := localtest.Buckets(t, "bucket")
	client := s3.NewFromConfig(store.Config())
	store.Put(t, "bucket", "k", "hello")
	store.Put(t, "bucket", "empty", "")
	for name, test := range map[string]struct {
		key      string
		size     int64
		cut      int // how many answers are cut off
		want     string
		requests int
	}{
		"OK":          {"k", 100, 0, "hello", 1},
		"OKBeginning": {"k", 2, 0, "he", 1},
		"OKEmpty":     {"empty", 2, 0, "", 1},
		"OKHealed":    {"k", 100, attempts - 1, "hello", attempts},
		"ErrCutOff":   {"k", 100, attempts, "", attempts},
		"ErrMissing":  {"gone", 100, 0, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			store.Proxy.Reset()
			if test.cut > 0 {
				store.Proxy.Inject(faultproxy.Fault{Times: test.cut, Do: cutOff})
			}
			got, err := Read(t.Context(), client, "bucket", test.key, test.size)
			if string(got) != test.want || (err != nil) != strings.HasPrefix(name, "Err") {
				t.Errorf("got %q, %v", got, err)
			}
			if sent := len(store.Proxy.Requests(nil)); sent != test.requests {
				t.Errorf("%d requests, want %d", sent, test.requests)
			}
			if name == "ErrCutOff" && !awserror.IsTransient(err) {
				t.Errorf("%v is not worth another attempt", err)
			}
		})
	}
}
