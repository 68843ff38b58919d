package main

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
)

// tooLarge makes CopyObject refuse, as S3 does above 5 GB.
func (f *files) tooLarge() {
	f.proxy.Reset()
	f.proxy.Inject(faultproxy.Fault{Match: isCopyObject, Do: faultproxy.Reply(400, "application/xml",
		`<Error><Code>InvalidRequest</Code><Message>The specified copy source is larger than `+
			`the maximum allowable size for a copy source: 5368709120</Message></Error>`)})
}

// TestCopyInPartsCarriesOver: a copy in parts keeps metadata, headers and tags, as CopyObject does.
func TestCopyInPartsCarriesOver(t *testing.T) {
	f := newFiles(t)
	f.tooLarge()
	_, err := f.past.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("source"), Key: aws.String("k"), Body: strings.NewReader("hello"), Tagging: aws.String("a=b"),
		ContentType: aws.String("image/webp"), CacheControl: aws.String("no-store"), ContentEncoding: aws.String("br"),
		ContentDisposition: aws.String("inline"), ContentLanguage: aws.String("en"),
		Metadata: map[string]string{"seed": "7"}, Expires: aws.Time(time.Unix(2e9, 0)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.deliver(t, "k"); got.failure != nil || got.existed {
		t.Fatalf("got %+v", got)
	}
	out, body := f.get(t, "k")
	got := []string{body, aws.ToString(out.ContentType), aws.ToString(out.CacheControl), aws.ToString(out.ContentEncoding),
		aws.ToString(out.ContentDisposition), aws.ToString(out.ContentLanguage), aws.ToString(out.ExpiresString)}
	const want = "hello image/webp no-store br inline en Wed, 18 May 2033 03:33:20 GMT"
	if strings.Join(got, " ") != want || aws.ToInt32(out.TagCount) != 1 || len(out.Metadata) != 1 {
		t.Errorf("got %q, %d tags, metadata %v", got, aws.ToInt32(out.TagCount), out.Metadata)
	}
	if bytes := f.proxy.Requests(isPartCopy)[0].Header.Get("X-Amz-Copy-Source-Range"); bytes != "" {
		t.Errorf("the only part has the range %s", bytes)
	}
}

// TestCopyInManyParts: each part has its own bytes, and the object has them in order.
func TestCopyInManyParts(t *testing.T) {
	f := newFiles(t)
	f.tooLarge()
	f.MinPartBytes = 5 << 20 // S3's minimum
	random := make([]byte, 2*f.MinPartBytes+1)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	f.put(t, "source", "k", string(random))
	if got := f.deliver(t, "k"); got.failure != nil || got.existed {
		t.Fatalf("got %+v, failure %+v", got, got.failure)
	}
	if _, body := f.get(t, "k"); body != string(random) {
		t.Errorf("the copy of %d bytes has %d bytes, or others", len(random), len(body))
	}
	var ranges []string
	for _, r := range f.proxy.Requests(isPartCopy) {
		ranges = append(ranges, r.Header.Get("X-Amz-Copy-Source-Range"))
	}
	slices.Sort(ranges)
	want := []string{"bytes=0-5242879", "bytes=10485760-10485760", "bytes=5242880-10485759"}
	if !slices.Equal(ranges, want) {
		t.Errorf("the parts are %q, want %q", ranges, want)
	}
}

// TestExpires: the Expires header stays the same, even if it is not a time.
func TestExpires(t *testing.T) {
	f := newFiles(t)
	f.tooLarge()
	f.put(t, "source", "k", "hello")
	f.proxy.Inject(faultproxy.Fault{Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		w.Header().Set("Expires", "never")
		forward.ServeHTTP(w, r)
	}, Match: func(r faultproxy.Request) bool { return r.Method == http.MethodHead }})
	if got := f.deliver(t, "k"); got.failure != nil {
		t.Fatalf("got %+v", got)
	}
	if got := f.proxy.Requests(isCreate)[0].Header.Get("Expires"); got != "never" {
		t.Errorf("Expires is %q", got)
	}
}

// TestCopyInPartsBeginsAgain: if an upload can't succeed any more, deliver aborts it
// and starts a new upload.
func TestCopyInPartsBeginsAgain(t *testing.T) {
	f := newFiles(t)
	for name, test := range map[string]struct {
		fault   faultproxy.Fault
		uploads int
		want    *kind // nil for delivered
		body    string
	}{
		"OKSourceChanges": {faultproxy.Fault{Match: isPartCopy, Times: 1,
			Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				f.put(t, "source", "OKSourceChanges", "olleh")
				forward.ServeHTTP(w, r)
			}}, 2, nil, "olleh"},
		"ErrSourceKeepsChanging": {faultproxy.Fault{Match: isPartCopy,
			Do: s3Error(412, "PreconditionFailed", "")}, 3, unavailable, ""},
		"OKAborted": {faultproxy.Fault{Match: isPartCopy, Times: 1,
			Do: s3Error(404, "NoSuchUpload", "")}, 2, nil, "hello"},
		"OKConflict": {faultproxy.Fault{Match: isComplete, Times: 1,
			Do: s3Error(409, "ConditionalRequestConflict", "")}, 2, nil, "hello"},
		"ErrDenied": {faultproxy.Fault{Match: isPartCopy,
			Do: s3Error(403, "AccessDenied", "")}, 1, denied, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.tooLarge()
			f.put(t, "source", name, "hello")
			f.proxy.Inject(test.fault)
			got := f.deliver(t, name)
			if (got.failure == nil) != (test.want == nil) || got.failure != nil && got.failure.kind != test.want {
				t.Fatalf("got %+v", got)
			}
			if test.want == unavailable && !strings.Contains(got.failure.err.Error(), "must start again") {
				t.Errorf("error is %v", got.failure.err)
			}
			failed := test.uploads
			if test.want == nil {
				failed--
				if _, body := f.get(t, name); body != test.body || got.existed {
					t.Errorf("%q was delivered, existed is %t", body, got.existed)
				}
			}
			if creates, aborts := f.count(isCreate), f.count(isAbort); creates != test.uploads || aborts != failed {
				t.Errorf("%d uploads, %d aborts, want %d and %d", creates, aborts, test.uploads, failed)
			}
		})
	}
}

// TestCompletedAlready: the destination exists when an upload is completed.
func TestCompletedAlready(t *testing.T) {
	f := newFiles(t)
	for name, test := range map[string]struct {
		do   func(http.ResponseWriter, *http.Request, http.Handler)
		want *kind // nil for delivered
	}{
		"OKAnswerLost": {faultproxy.LoseAnswer, nil},
		"OKUploadForgotten": {
			func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				faultproxy.LoseAnswer(w, r, forward)
				f.proxy.Inject(faultproxy.Fault{Match: isComplete, Times: 1, Do: s3Error(404, "NoSuchUpload", "")})
			}, nil},
		"ErrOtherObject": {
			func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
				f.put(t, "destination", "ErrOtherObject", "other")
				forward.ServeHTTP(w, r)
			}, conflict},
	} {
		t.Run(name, func(t *testing.T) {
			f.tooLarge()
			f.put(t, "source", name, "hello")
			f.proxy.Inject(faultproxy.Fault{Match: isComplete, Times: 1, Do: test.do})
			got := f.deliver(t, name)
			if (got.failure == nil) != (test.want == nil) || got.failure != nil && got.failure.kind != test.want {
				t.Errorf("got %+v, failure %+v", got, got.failure)
			}
		})
	}
}
