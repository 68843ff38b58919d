package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/tasktable"
)

// s3Error answers as S3 does, and says which Region a bucket is in.
func s3Error(status int, code, region string) func(http.ResponseWriter, *http.Request, http.Handler) {
	reply := faultproxy.Reply(status, "application/xml", `<Error><Code>`+code+`</Code><Message>injected</Message></Error>`)
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if region != "" {
			w.Header().Set("X-Amz-Bucket-Region", region)
		}
		reply(w, r, forward)
	}
}

// TestKinds: S3's answer to a copy says whether a retry can succeed.
func TestKinds(t *testing.T) {
	store, copier := newStore(t)
	copier.Client = s3.New(copier.Client.Options(), func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
	for code, test := range map[string]struct {
		status int
		kind   *kind
		region string
		words  string
	}{
		"AccessDenied":                       {403, denied, "", "CopyObject: AccessDenied: injected"},
		"InvalidObjectState":                 {403, denied, "", ""},
		"ObjectNotInActiveTierError":         {403, denied, "", ""},
		"KMS.KMSInvalidStateException":       {400, denied, "", ""},
		"KMS.DisabledException":              {400, denied, "", ""},
		"InvalidURI":                         {400, denied, "", "InvalidURI: injected"},
		"InvalidToken":                       {400, denied, "", ""},
		"MethodNotAllowed":                   {405, denied, "", ""},
		"NoSuchKey":                          {404, missing, "", "NoSuchKey"},
		"PermanentRedirect":                  {301, denied, "eu-west-1", "set deliveryRegion to eu-west-1"},
		"AuthorizationHeaderMalformed":       {400, denied, "", "in another Region: set deliveryRegion to that Region"},
		"IllegalLocationConstraintException": {400, denied, "", "set deliveryRegion"},
		"TemporaryRedirect":                  {307, unavailable, "", ""},
		"RequestTimeout":                     {400, unavailable, "", ""},
		"ExpiredToken":                       {400, unavailable, "", ""},
		"RequestTimeTooSkewed":               {403, unavailable, "", ""},
		"OperationAborted":                   {409, unavailable, "", ""},
		"Locked":                             {423, unavailable, "", ""},
		"TooEarly":                           {425, unavailable, "", ""},
		"TooManyRequests":                    {429, unavailable, "", ""},
		"ThrottlingException":                {400, unavailable, "", ""},
		"SlowDown":                           {503, unavailable, "", ""},
		"InternalError":                      {500, unavailable, "", ""},
	} {
		t.Run(code, func(t *testing.T) {
			store.Proxy.Reset()
			store.Proxy.Inject(faultproxy.Fault{Do: s3Error(test.status, code, test.region)})
			got := copier.CopyAll(t.Context(), []string{"s3://source/k"}, "")[0].failure
			if got == nil || got.kind != test.kind || !strings.Contains(got.err.Error(), test.words) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestNoSuchBucket says which bucket does not exist.
func TestNoSuchBucket(t *testing.T) {
	store, copier := newStore(t)
	put(t, store, "k")
	isCopy := func(r faultproxy.Request) bool { return r.Method == http.MethodPut }
	t.Run("ErrDeliveryBucket", func(t *testing.T) {
		copier := *copier
		copier.Destination = "gone"
		got := copier.CopyAll(t.Context(), []string{"s3://source/k"}, "")[0].failure
		wantMissing(t, got, "the delivery bucket gone: CopyObject: NoSuchBucket")
	})
	t.Run("ErrOutputBucket", func(t *testing.T) {
		copier := *copier
		copier.Source = "gone" // which this server reports as a missing object
		store.Proxy.Inject(faultproxy.Fault{Match: isCopy, Do: s3Error(404, "NoSuchBucket", "")})
		got := copier.CopyAll(t.Context(), []string{"s3://gone/k"}, "")[0].failure
		wantMissing(t, got, "the output bucket gone: CopyObject: NoSuchBucket")
	})
}

func wantMissing(t *testing.T, got *objectFailure, words string) {
	t.Helper()
	if got == nil || got.kind != missing || !strings.Contains(got.err.Error(), words) {
		t.Errorf("got %+v, want it to say %q", got, words)
	}
}

// TestKeyThatS3CanNotHold ends as failed after one request, with S3's words.
func TestKeyThatS3CanNotHold(t *testing.T) {
	f := newFixture(t)
	f.proxy.Inject(faultproxy.Fault{Do: s3Error(400, "InvalidURI", "")})
	err := f.deliver(t.Context(), map[string]any{"id": "n", "result": true, "image_url": []string{"s3://source/a\x00b"}})
	got := f.task(t, "n")
	said := strings.Contains(got.DeliveryError, "InvalidURI: injected")
	if err == nil || got.DeliveryStatus != tasktable.DeliveryFailed || !said {
		t.Errorf("error is %v, the item %+v", err, got)
	}
	if sent := len(f.proxy.Requests(nil)); sent != 1 {
		t.Errorf("%d requests were sent", sent)
	}
}
