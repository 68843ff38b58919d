package e2e

import (
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/deployment"
)

// TestCommonPath: n images take n copies and a table update, and no other request.
func TestCommonPath(t *testing.T) {
	start(t)
	id := newID(t)
	keys := images(t, id, 7)
	proxies["S3"].Reset()
	proxies["DYNAMODB"].Reset()
	if err := send(t.Context(), deliverFunction, snsEvent(id, time.Now(), completed(id, keys...))); err != nil {
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
	start(t)
	id := newID(t)
	publish(t, completed(id))
	got := awaitItem(t, id, "delivery_status", "empty")
	if got.text("delivered") != "" || got.text("delivered_at") == "" {
		t.Errorf("got %v", got)
	}
}

// TestSourceRemoved: an announcement arrives again after its first image was delivered
// and removed from the output bucket, while the second could not be delivered. deliver
// learns from the item that the first image is delivered.
func TestSourceRemoved(t *testing.T) {
	start(t)
	id := newID(t)
	keys := images(t, id, 2)
	proxies["S3"].Reset()
	end := proxies["S3"].Inject(faultproxy.Fault{Match: copies(keys[1]), Do: s3Error(403, "AccessDenied")})
	defer end()
	event := snsEvent(id, time.Now(), completed(id, keys...))
	if err := send(t.Context(), deliverFunction, event); err != nil {
		t.Fatal(err)
	}
	awaitItem(t, id, "delivery_status", "failed")
	_, err := local.S3().DeleteObject(t.Context(), &s3.DeleteObjectInput{
		Bucket: aws.String(local.Outputs[deployment.OutputBucket]), Key: aws.String(keys[0])})
	if err != nil {
		t.Fatal(err)
	}
	end()
	if err := send(t.Context(), deliverFunction, event); err != nil {
		t.Fatal(err)
	}
	got := awaitItem(t, id, "delivery_status", "delivered")
	if want := deliveredURI(keys[0]) + " " + deliveredURI(keys[1]); got.text("delivered") != want {
		t.Errorf("delivered are %q, want %q", got.text("delivered"), want)
	}
}

// TestKilledBetweenCopyAndRecord: the sandbox is killed before it records the delivery.
// Lambda's retry records it, and copies nothing again.
func TestKilledBetweenCopyAndRecord(t *testing.T) {
	start(t)
	id := newID(t)
	keys := images(t, id, 3)
	await(t, "earlier tests' events are done with", func() bool { return local.Host.Pending() == 0 })
	proxies["S3"].Reset()
	proxies["DYNAMODB"].Inject(faultproxy.Fault{Times: 1, Do: killing(deliverFunction, syscall.SIGKILL)})
	if err := send(t.Context(), deliverFunction, snsEvent(id, time.Now(), completed(id, keys...))); err != nil {
		t.Fatal(err)
	}
	awaitItem(t, id, "delivery_status", "delivered")
	wantWrittenOnce(t, keys)
}

// TestSameAnnouncementAHundredTimes, twenty at a time.
func TestSameAnnouncementAHundredTimes(t *testing.T) {
	start(t)
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
			if err := send(t.Context(), deliverFunction, event); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	await(t, "all hundred are logged", func() bool { return len(logLines(t, deliverFunction, id)) == 100 })
	awaitItem(t, id, "delivery_status", "delivered")
	wantWrittenOnce(t, keys)
}

// TestConflict: a different object has the key. deliver doesn't overwrite it, and the
// reason names it.
func TestConflict(t *testing.T) {
	start(t)
	id := newID(t)
	keys := images(t, id, 2)
	_, err := local.S3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(local.Outputs[deployment.DeliveryBucket]), Key: aws.String(keys[0]),
		Body: strings.NewReader("mine"),
	})
	if err != nil {
		t.Fatal(err)
	}
	publish(t, completed(id, keys...))
	letter := awaitLetter(t, deliverQueue, id)
	for _, want := range []string{"another object has this key", deliveredURI(keys[0])} {
		if reason := attribute(letter, "ErrorMessage"); !strings.Contains(reason, want) {
			t.Errorf("ErrorMessage is %q, want it to say %q", reason, want)
		}
	}
	if got := awaitItem(t, id, "delivery_status", "failed"); got.text("delivered") != deliveredURI(keys[1]) {
		t.Errorf("got %v", got)
	}
}

// TestOddKeys delivers odd keys through the S3 server, except for keys that it can't
// store as files.
func TestOddKeys(t *testing.T) {
	start(t)
	id := newID(t)
	var keys []string
	for _, odd := range []string{"a#1", "a?1", "a?b=c&d=e", "100%", "%41", "%2F", "%%", "a+b", "a b", " a ",
		`"q"`, "it's", "<a>&amp;", "a;b,c:d@e=f", "ünïcödé 画像", "\U0001F5BC", "tab\there",
		"{task_id}", "~t", "a*b|c^d`e", `back\slash`} {
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

// TestCopyInParts: if CopyObject refuses an object, as it does above 5 GB, deliver copies
// it in parts.
func TestCopyInParts(t *testing.T) {
	start(t)
	id := newID(t)
	key := images(t, id, 1)[0]
	refuseCopy(key)
	publish(t, completed(id, key))
	awaitItem(t, id, "delivery_status", "delivered")
	wantDelivered(t, key, []byte(key))
}

// refuseCopy makes CopyObject answer as if the object had more than 5 GB.
func refuseCopy(key string) {
	proxies["S3"].Reset()
	proxies["S3"].Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return copyObjects(key)(r) && !strings.Contains(r.Query, "uploadId=") },
		Do: faultproxy.Reply(400, "application/xml", `<Error><Code>InvalidRequest</Code><Message>The specified copy source `+
			`is larger than the maximum allowable size for a copy source: 5368709120</Message></Error>`)})
}

// TestFailedUploadIsAborted: a copy in parts that can't be completed leaves no parts,
// which S3 would bill.
func TestFailedUploadIsAborted(t *testing.T) {
	start(t)
	id := newID(t)
	key := images(t, id, 1)[0]
	proxies["S3"].Inject(faultproxy.Fault{Match: copyObjects(key), Do: faultproxy.Reply(400, "application/xml",
		`<Error><Code>InvalidRequest</Code><Message>The specified copy source is larger than `+
			`the maximum allowable size for a copy source: 5368709120</Message></Error>`)})
	proxies["S3"].Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool {
			return r.Method == http.MethodPost && strings.Contains(r.Query, "uploadId=")
		},
		Do: s3Error(400, "InvalidPart"),
	})
	publish(t, completed(id, key))
	letter := awaitLetter(t, deliverQueue, id)
	if reason := attribute(letter, "ErrorMessage"); !strings.Contains(reason, "InvalidPart") {
		t.Errorf("ErrorMessage is %q", reason)
	}
	left, err := local.S3().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{
		Bucket: aws.String(local.Outputs[deployment.DeliveryBucket]), Prefix: aws.String(key),
	})
	if err != nil || len(left.Uploads) != 0 {
		t.Errorf("uploads %v are left, %v", left.Uploads, err)
	}
}
