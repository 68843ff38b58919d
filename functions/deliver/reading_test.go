package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/beginning"
)

// reading answers as S3 does to the reading of an object.
func reading(length, body string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("ETag", `"0f3c"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write([]byte(body))
	}
}

// TestFailuresOfReading: they have the same kinds as failures of copies.
func TestFailuresOfReading(t *testing.T) {
	store, copier := newFixing(t)
	copier.SourceClient = s3.New(copier.SourceClient.Options(), func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
	store.Put(t, "source", "k.None", webp)
	for name, test := range map[string]struct {
		do    func(http.ResponseWriter, *http.Request, http.Handler)
		kind  *kind
		words string
	}{
		"ErrDenied":      {s3Error(403, "AccessDenied", ""), denied, "GetObject: AccessDenied: injected"},
		"ErrKeyDisabled": {s3Error(400, "KMS.DisabledException", ""), denied, "KMS.DisabledException"},
		"ErrOtherRegion": {s3Error(301, "PermanentRedirect", "eu-west-1"), denied, "PermanentRedirect: injected"},
		"ErrNoBucket":    {s3Error(404, "NoSuchBucket", ""), missing, "bucket"},
		"ErrThrottled":   {s3Error(503, "SlowDown", ""), unavailable, "GetObject: SlowDown"},
		"ErrCutOff":      {reading("512", webp), unavailable, "its body can't be read: unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			store.Proxy.Reset()
			store.Proxy.Inject(faultproxy.Fault{Match: isBeginningRead, Do: test.do})
			got := copier.CopyAll(t.Context(), []string{"s3://source/k.None"}, "")[0]
			if f := got.failure; f == nil || f.kind != test.kind || !strings.Contains(f.err.Error(), test.words) ||
				strings.Contains(f.err.Error(), "deliveryRegion") {
				t.Errorf("got %+v", f)
			}
			if copies := store.Proxy.Requests(isCopyObject); len(copies) != 0 {
				t.Errorf("%d copies", len(copies))
			}
		})
	}
	t.Run("OKLargerThanAskedFor", func(t *testing.T) {
		store.Proxy.Reset()
		everything := webp + strings.Repeat("x", 1<<20)
		store.Proxy.Inject(faultproxy.Fault{Match: isBeginningRead, Do: reading(fmt.Sprint(len(everything)), everything)})
		content, err := beginning.Read(t.Context(), copier.SourceClient, "source", "k.None", beginningBytes)
		if err != nil || len(content) != beginningBytes {
			t.Errorf("%d bytes, %v", len(content), err)
		}
	})
}
