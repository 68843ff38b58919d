package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
)

// images uploads n images of a task and returns their keys.
func images(t *testing.T, id string, n int) []string {
	t.Helper()
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("output/%s/%s-0f3c-%d.png", id, id, i+1)
		upload(t, keys[i], []byte(keys[i]))
	}
	return keys
}

// copies matches the CopyObject requests for a key; "" for any.
func copies(key string) func(faultproxy.Request) bool {
	return func(r faultproxy.Request) bool {
		path, _ := url.PathUnescape(r.Path)
		return r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && strings.HasSuffix(path, key)
	}
}

// written matches the CopyObject requests for a key that wrote it.
func written(key string) func(faultproxy.Request) bool {
	return func(r faultproxy.Request) bool { return copies(key)(r) && r.Status == http.StatusOK }
}

// wantWrittenOnce checks that each key was written once, whatever was asked.
func wantWrittenOnce(t *testing.T, keys []string) {
	t.Helper()
	for _, key := range keys {
		for _, r := range proxies["S3"].Requests(copies(key)) {
			if r.Header.Get("If-None-Match") != "*" {
				t.Errorf("a copy to %s is not conditional", key)
			}
		}
		if n := len(proxies["S3"].Requests(written(key))); n != 1 {
			t.Errorf("%s was written %d times", key, n)
		}
		wantDelivered(t, key, []byte(key))
	}
}

func s3Error(status int, code string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return faultproxy.Reply(status, "application/xml", `<?xml version="1.0" encoding="UTF-8"?><Error><Code>`+code+`</Code><Message>injected</Message></Error>`)
}

// TestCommonPath: n images are n copies and one table update, and nothing else.
func TestCommonPath(t *testing.T) {
	id := newID(t)
	keys := images(t, id, 7)
	proxies["S3"].Reset()
	proxies["DYNAMODB"].Reset()
	if err := send(t.Context(), "DeliverFunction", snsEvent(id, time.Now(), completed(id, keys...))); err != nil {
		t.Fatal(err)
	}
	awaitItem(t, id, "delivery_status", "delivered")
	if got := proxies["S3"].Requests(nil); len(got) != 7 {
		t.Errorf("%d requests to S3: %v", len(got), got)
	}
	if got := proxies["DYNAMODB"].Requests(nil); len(got) != 1 || got[0].Operation != "UpdateItem" {
		t.Errorf("%d requests to DynamoDB: %v", len(got), got)
	}
	wantWrittenOnce(t, keys)
}

func TestNoImages(t *testing.T) {
	id := newID(t)
	publish(t, completed(id))
	if got := awaitItem(t, id, "delivery_status", "delivered"); got.text("delivered") != "" || got.text("delivered_at") == "" {
		t.Errorf("got %v", got)
	}
}

// TestFaults lets S3 fail in every way that passes. Each converges to the same.
func TestFaults(t *testing.T) {
	third := func(keys []string) func(faultproxy.Request) bool { return copies(keys[2]) }
	for name, fault := range map[string]struct {
		fault   faultproxy.Fault
		matched func([]string) func(faultproxy.Request) bool
		lambda  bool // it takes a retry of Lambda's
	}{
		// A failure the SDK does not retry, but that may pass.
		"the third image fails once": {faultproxy.Fault{Times: 1, Do: s3Error(400, "ExpiredToken")}, third, true},
		"a burst of SlowDown":        {faultproxy.Fault{Times: 8, Do: s3Error(503, "SlowDown")}, nil, false},
		"a 200 with an error in it":  {faultproxy.Fault{Times: 1, Do: s3Error(200, "InternalError")}, third, false},
		"a conflicting write":        {faultproxy.Fault{Times: 2, Do: s3Error(409, "ConditionalRequestConflict")}, third, false},
		"the connection is reset":    {faultproxy.Fault{Times: 2, Do: faultproxy.Cut}, third, false},
		"the answer is lost":         {faultproxy.Fault{Times: 1, Do: faultproxy.LoseAnswer}, third, false},
		"the answer is cut mid-way": {faultproxy.Fault{Times: 1, Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("<Copy"))
			faultproxy.LoseAnswer(w, r, forward)
		}}, third, false},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID(t)
			keys := images(t, id, 5)
			proxies["S3"].Reset()
			defer proxies["S3"].Reset()
			fault.fault.Match = copies("")
			if fault.matched != nil {
				fault.fault.Match = fault.matched(keys)
			}
			proxies["S3"].Inject(fault.fault)
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
			attempts := 0
			await(t, "deliver has logged its success", func() bool {
				lines := logLines(t, "DeliverFunction", messageID)
				attempts = len(lines)
				return attempts > 0 && lines[attempts-1]["outcome"] == "delivered"
			})
			if (attempts > 1) != fault.lambda {
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

// TestKilledBetweenCopyAndRecord: the sandbox dies when it is about to tell the
// table; Lambda's retry tells it, and copies nothing again.
func TestKilledBetweenCopyAndRecord(t *testing.T) {
	id := newID(t)
	keys := images(t, id, 3)
	proxies["S3"].Reset()
	defer proxies["DYNAMODB"].Reset()
	proxies["DYNAMODB"].Inject(faultproxy.Fault{Times: 1, Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		for _, pid := range local.Host.Sandboxes(local.Outputs["DeliverFunction"]) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		faultproxy.Cut(w, r, forward)
	}})
	if err := send(t.Context(), "DeliverFunction", snsEvent(id, time.Now(), completed(id, keys...))); err != nil {
		t.Fatal(err)
	}
	awaitItem(t, id, "delivery_status", "delivered")
	wantWrittenOnce(t, keys)
}

// TestSameAnnouncementAHundredTimes, twenty at a time.
func TestSameAnnouncementAHundredTimes(t *testing.T) {
	id := newID(t)
	keys := images(t, id, 3)
	proxies["S3"].Reset()
	event := snsEvent(id, time.Now(), completed(id, keys...))
	var senders sync.WaitGroup
	slots := make(chan struct{}, 20)
	for range 100 {
		slots <- struct{}{}
		senders.Go(func() {
			defer func() { <-slots }()
			if err := send(t.Context(), "DeliverFunction", event); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	await(t, "all hundred are logged", func() bool { return len(logLines(t, "DeliverFunction", id)) == 100 })
	awaitItem(t, id, "delivery_status", "delivered")
	wantWrittenOnce(t, keys)
}

// TestConflict: another object has the key. It is not overwritten, and the
// reason names it.
func TestConflict(t *testing.T) {
	id := newID(t)
	keys := images(t, id, 2)
	_, err := local.S3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(local.Outputs["DeliveryBucket"]), Key: aws.String(keys[0]), Body: strings.NewReader("mine")})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, completed(id, keys...))
	letter := awaitLetter(t, "DeliverDlqUrl", id)
	if reason := attribute(letter, "ErrorMessage"); !strings.Contains(reason, "another object is there") || !strings.Contains(reason, deliveredURI(keys[0])) {
		t.Errorf("ErrorMessage is %q", reason)
	}
	if got := awaitItem(t, id, "delivery_status", "failed"); got.text("delivered") != deliveredURI(keys[1]) {
		t.Errorf("got %v", got)
	}
}

// TestOddKeys delivers keys through the S3 server, as far as its files hold
// them.
func TestOddKeys(t *testing.T) {
	id := newID(t)
	var keys []string
	for _, odd := range []string{"a#1", "a?1", "a?b=c&d=e", "100%", "%41", "%2F", "%%", "a+b", "a b", " a ", `"q"`, "it's", "<a>&amp;", "a;b,c:d@e=f",
		"ünïcödé 画像", "\U0001F5BC", "tab\there", "{task_id}", "~t", "a*b|c^d`e", `back\slash`} {
		key := "output/" + id + "/" + odd
		upload(t, key, []byte(key))
		keys = append(keys, key)
	}
	publish(t, completed(id, keys...))
	awaitItem(t, id, "delivery_status", "delivered")
	for _, key := range keys {
		wantDelivered(t, key, []byte(key))
	}
}

// TestSixGigabytes copies an object that CopyObject refuses, in parts.
func TestSixGigabytes(t *testing.T) {
	t.Parallel() // with a timeout of half a minute
	const size = 6 << 30
	id := newID(t)
	key := images(t, id, 1)[0]
	if err := os.Truncate(filepath.Join(local.ObjectsDir, local.Outputs["OutputBucket"], key), size); err != nil {
		t.Fatal(err)
	}
	proxies["S3"].Reset()
	// To deliver alone: the timeout's test waits for record's next request.
	if err := send(t.Context(), "DeliverFunction", snsEvent(id, time.Now(), completed(id, key))); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	awaitFor(t, 10*time.Minute, "six gigabytes are delivered", func() bool { return getItem(t, id).text("delivery_status") == "delivered" })
	t.Logf("%.0f s, requests: %d", time.Since(start).Seconds(), len(proxies["S3"].Requests(nil)))
	out, err := local.S3().GetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String(local.Outputs["DeliveryBucket"]), Key: aws.String(key), Range: aws.String("bytes=0-0")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if want := fmt.Sprintf("bytes 0-0/%d", int64(size)); aws.ToString(out.ContentRange) != want {
		t.Errorf("Content-Range is %q, want %q", aws.ToString(out.ContentRange), want)
	}
	wantMetadata(t, key, out)
	for _, bucket := range []string{"OutputBucket", "DeliveryBucket"} { // six gigabytes of disk
		if _, err := local.S3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(local.Outputs[bucket]), Key: aws.String(key)}); err != nil {
			t.Error(err)
		}
	}
}
