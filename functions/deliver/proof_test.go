package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// TestProof delivers a source, changes something, and delivers it again: the existing
// object counts as delivered only if it is the copy.
func TestProof(t *testing.T) {
	f := newFiles(t)
	for name, test := range map[string]struct {
		between func(t *testing.T, key string)
		parts   bool  // the source is uploaded in parts
		want    *kind // nil for delivered
		uploads int   // to compare
	}{
		"OK":        {between: func(*testing.T, string) {}},
		"OKInParts": {between: func(*testing.T, string) {}, parts: true, uploads: 1},
		"ErrOverwrittenSameSize": {want: conflict, between: func(t *testing.T, key string) {
			f.put(t, "source", key, "olleh")
		}},
		"ErrOverwrittenSameSizeInParts": {parts: true, want: conflict, uploads: 1, between: func(t *testing.T, key string) {
			f.putParts(t, key, "olleh")
		}},
		"ErrOverwrittenOtherSize": {parts: true, want: conflict, between: func(t *testing.T, key string) {
			f.putParts(t, key, "hello, hello")
		}},
		"ErrSourceGone": {want: missing, between: func(t *testing.T, key string) {
			_, err := f.past.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: &key})
			if err != nil {
				t.Fatal(err)
			}
		}},
		"ErrVanished": {want: unavailable, between: func(*testing.T, string) {
			f.proxy.Inject(faultproxy.Fault{Times: 1, Do: faultproxy.Reply(404, "", ""),
				Match: func(r faultproxy.Request) bool { return r.Method == http.MethodHead }})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f.proxy.Reset()
			if test.parts {
				f.putParts(t, name, "hello")
			} else {
				f.put(t, "source", name, "hello")
			}
			if got := f.deliver(t, name); got.failure != nil || got.existed {
				t.Fatalf("at first, got %+v", got)
			}
			test.between(t, name)
			got := f.deliver(t, name)
			if (got.failure == nil) != (test.want == nil) || got.failure != nil && got.failure.kind != test.want {
				t.Errorf("got %+v, failure %+v", got, got.failure)
			}
			if got.existed != (test.want == nil) || (got.unproven != "") != (test.want == missing) {
				t.Errorf("got %+v", got)
			}
			if _, body := f.get(t, name); body != "hello" {
				t.Errorf("%q is there", body)
			}
			if creates, aborts := f.count(isCreate), f.count(isAbort); creates != test.uploads || aborts != creates {
				t.Errorf("%d uploads to compare, %d of them aborted, want %d", creates, aborts, test.uploads)
			}
		})
	}
}

func TestSameContent(t *testing.T) {
	head := func(change func(*s3.HeadObjectOutput)) *s3.HeadObjectOutput {
		h := &s3.HeadObjectOutput{ContentLength: aws.Int64(5), ETag: aws.String(`"d41d"`)}
		change(h)
		return h
	}
	sum := func(kind types.ChecksumType, sum string) func(*s3.HeadObjectOutput) {
		return func(h *s3.HeadObjectOutput) {
			h.SSEKMSKeyId, h.ChecksumType, h.ChecksumCRC64NVME = aws.String("key"), kind, aws.String(sum)
		}
	}
	crc32 := func(h *s3.HeadObjectOutput) {
		h.ETag, h.ChecksumType, h.ChecksumCRC32 = aws.String(`"d41d-2"`), types.ChecksumTypeFullObject, aws.String("c")
	}
	full, composite := types.ChecksumTypeFullObject, types.ChecksumTypeComposite
	for name, test := range map[string]struct {
		x, y        func(*s3.HeadObjectOutput)
		same, known bool
	}{
		"OtherSize": {func(h *s3.HeadObjectOutput) { h.ContentLength = aws.Int64(6) }, sum(full, "a"), false, true},
		"SameTag":   {func(*s3.HeadObjectOutput) {}, func(*s3.HeadObjectOutput) {}, true, true},
		"OtherTag": {func(h *s3.HeadObjectOutput) { h.ETag = aws.String(`"e"`) },
			func(*s3.HeadObjectOutput) {}, false, true},
		"SameChecksum":      {sum(full, "a"), sum(full, "a"), true, true},
		"OtherChecksum":     {sum(full, "a"), sum(full, "b"), false, true},
		"UnknownParts":      {sum(full, "a"), sum(composite, "a"), false, false},
		"UnknownAlgorithm":  {sum(full, "a"), crc32, false, false},
		"UnknownNoChecksum": {func(h *s3.HeadObjectOutput) { h.SSEKMSKeyId = aws.String("k") }, sum(full, "a"), false, false},
		"UnknownCustomerKey": {func(h *s3.HeadObjectOutput) { h.SSECustomerAlgorithm = aws.String("AES256") },
			func(*s3.HeadObjectOutput) {}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				if same, known := sameContent(head(test.x), head(test.y)); same != test.same || known != test.known {
					t.Errorf("same is %t, known is %t", same, known)
				}
				test.x, test.y = test.y, test.x
			}
		})
	}
}

// TestSourceRemoved: the source is removed after its delivery, and the
// announcement comes again. The item's list of delivered objects proves the copy.
// It does not matter which of the two objects S3 checks first.
func TestSourceRemoved(t *testing.T) {
	for name, test := range map[string]struct {
		recorded    []string
		sourceFirst bool
		status      tasktable.DeliveryStatus
	}{
		"OK":              {[]string{"s3://destination/k"}, false, tasktable.Delivered},
		"OKSourceFirst":   {[]string{"s3://destination/k"}, true, tasktable.Delivered},
		"ErrNotInTheList": {[]string{"s3://destination/other"}, false, tasktable.DeliveryFailed},
		"ErrNoItem":       {nil, false, tasktable.DeliveryFailed},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.store.Put(t, "destination", "k", "something")
			if test.sourceFirst {
				f.proxy.Inject(faultproxy.Fault{Match: isCopyObject, Do: s3Error(404, "NoSuchKey", "")})
			}
			if test.recorded != nil {
				earlier := announcement.Announcement{TaskID: "s", MessageID: "0", PublishedAt: time.Unix(1, 0)}
				delivery := tasktable.Delivery{Status: tasktable.DeliveryFailed, URIs: test.recorded, Error: "another is missing"}
				if _, err := f.handler.Table.RecordDelivery(t.Context(), earlier, delivery); err != nil {
					t.Fatal(err)
				}
			}
			err := f.deliver(t.Context(), map[string]any{"id": "s", "result": true, "image_url": []string{"s3://source/k"}})
			got := f.task(t, "s")
			if (err == nil) != (test.status == tasktable.Delivered) || got.DeliveryStatus != test.status {
				t.Errorf("error is %v, the item %+v", err, got)
			}
			if err != nil && !strings.Contains(got.DeliveryError, "nothing proves") {
				t.Errorf("the reason is %q", got.DeliveryError)
			}
		})
	}
}

// TestSourcesOfManyRemoved: the item has no room to list all delivered objects, but
// says that all were delivered, and for which announcement.
func TestSourcesOfManyRemoved(t *testing.T) {
	f := newFixture(t)
	var uris, delivered []string
	for n := range 150 {
		key := fmt.Sprint(strings.Repeat("k", 1000), n)
		uris, delivered = append(uris, "s3://source/"+key), append(delivered, "s3://destination/"+key)
		f.store.Put(t, "destination", key, "something")
	}
	f.proxy.Inject(faultproxy.Fault{Match: isCopyObject, Do: s3Error(404, "NoSuchKey", "")})
	for name, test := range map[string]struct {
		messageID string
		status    tasktable.DeliveryStatus
		recorded  []string
		lacks     int // objects that are not credited
	}{
		"OK":                   {"m", tasktable.Delivered, delivered, 0},
		"ErrOtherAnnouncement": {"0", tasktable.Delivered, delivered, 38},
		"ErrFailed":            {"m", tasktable.DeliveryFailed, delivered, 38},
		"ErrFewerDelivered":    {"m", tasktable.Delivered, delivered[:149], 1},
		"ErrCompleteList":      {"m", tasktable.Delivered, delivered[:2], 148},
		"ErrOfAnotherBucket":   {"m", tasktable.Delivered, elsewhere(delivered), 150},
	} {
		t.Run(name, func(t *testing.T) {
			earlier := announcement.Announcement{TaskID: name, MessageID: test.messageID, PublishedAt: time.Unix(1, 0)}
			delivery := tasktable.Delivery{Status: test.status, URIs: test.recorded}
			if _, err := f.handler.Table.RecordDelivery(t.Context(), earlier, delivery); err != nil {
				t.Fatal(err)
			}
			err := f.deliver(t.Context(), map[string]any{"id": name, "result": true, "image_url": uris})
			want := fmt.Sprintf("%d of %d objects are not delivered", test.lacks, len(uris))
			if (err == nil) != (test.lacks == 0) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("error is %.60v, want %q", err, want)
			}
		})
	}
}

// elsewhere are the same keys in a bucket that was delivered to before.
func elsewhere(uris []string) []string {
	moved := slices.Clone(uris)
	for i, uri := range moved {
		moved[i] = strings.Replace(uri, "s3://destination/", "s3://former-name/", 1)
	}
	return moved
}

// TestStaysDelivered: the same announcement fails at a later attempt.
func TestStaysDelivered(t *testing.T) {
	f := newFixture(t)
	put(t, f.store, "k")
	message := map[string]any{"id": "t", "result": true, "image_url": []string{"s3://source/k"}}
	if err := f.deliver(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	f.proxy.Inject(faultproxy.Fault{Do: s3Error(403, "AccessDenied", "")})
	if err := f.deliver(t.Context(), message); err == nil {
		t.Error("no error")
	}
	if got := f.task(t, "t"); got.DeliveryStatus != tasktable.Delivered || got.DeliveryError != "" {
		t.Errorf("got %+v", got)
	}
}
