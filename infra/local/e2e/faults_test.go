package e2e

import (
	"net/http"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

func s3Error(status int, code string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return faultproxy.Reply(status, "application/xml",
		`<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>injected</Message></Error>`)
}

// cutMidway lets S3 do its work and passes on only the beginning of its answer.
func cutMidway(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("<Copy"))
	faultproxy.LoseAnswer(w, r, forward)
}

// TestFaults makes S3 fail in every transient way. After each, all five images are
// delivered.
func TestFaults(t *testing.T) {
	start(t)
	for name, test := range map[string]struct {
		fault   faultproxy.Fault
		any     bool // it hits any image, not only the third
		retried bool // it takes a retry of Lambda's
	}{
		// The SDK does not retry this one, though it is transient.
		"the third image fails once": {faultproxy.Fault{Times: 1, Do: s3Error(400, "ExpiredToken")}, false, true},
		"a burst of SlowDown":        {faultproxy.Fault{Times: 8, Do: s3Error(503, "SlowDown")}, true, false},
		"a 200 with an error in it":  {faultproxy.Fault{Times: 1, Do: s3Error(200, "InternalError")}, false, false},
		"a conflicting write": {
			faultproxy.Fault{Times: 2, Do: s3Error(409, "ConditionalRequestConflict")}, false, false},
		"the connection is reset":   {faultproxy.Fault{Times: 2, Do: faultproxy.Cut}, false, false},
		"the answer is lost":        {faultproxy.Fault{Times: 1, Do: faultproxy.LoseAnswer}, false, false},
		"the answer is cut mid-way": {faultproxy.Fault{Times: 1, Do: cutMidway}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID(t)
			keys := images(t, id, 5)
			proxies["S3"].Reset()
			defer proxies["S3"].Reset()
			test.fault.Match = copies(keys[2])
			if test.any {
				test.fault.Match = copies("")
			}
			proxies["S3"].Inject(test.fault)
			messageID := publish(t, completed(id, keys...))
			got := awaitItem(t, id, "delivery_status", "delivered")
			var uris []string
			for _, key := range keys {
				uris = append(uris, deliveredURI(key))
				wantDelivered(t, key, []byte(key))
			}
			if got.text("delivered") != strings.Join(uris, " ") || got.text("delivery_error") != "" {
				t.Errorf("got %v", got)
			}
			if attempts := awaitDelivered(t, messageID); (attempts > 1) != test.retried {
				t.Errorf("it took %d invocations", attempts)
			}
			for i, key := range keys {
				// What answers the third in S3's place may say 200 without writing.
				if n := len(proxies["S3"].Requests(written(key))); i != 2 && n != 1 {
					t.Errorf("image %d was written %d times", i+1, n)
				}
			}
		})
	}
}

// awaitDelivered waits until deliver has logged a message's success, and returns how
// many invocations it took.
func awaitDelivered(t *testing.T, messageID string) (attempts int) {
	t.Helper()
	await(t, "deliver has logged its success", func() bool {
		lines := logLines(t, deliverFunction, messageID)
		attempts = len(lines)
		return attempts > 0 && lines[attempts-1]["outcome"] == "delivered"
	})
	return attempts
}
