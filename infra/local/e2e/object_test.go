package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/deployment"
)

func upload(t *testing.T, key string, body []byte) {
	t.Helper()
	_, err := local.S3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(local.Outputs[deployment.OutputBucket]), Key: aws.String(key), Body: bytes.NewReader(body),
		ContentType: aws.String("image/png"), CacheControl: aws.String("max-age=60"),
		ContentDisposition: aws.String("inline"), Metadata: map[string]string{"seed": "42"},
		Tagging: aws.String("project=demo&a%20b=c"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

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

func deliveredURI(key string) string {
	return "s3://" + local.Outputs[deployment.DeliveryBucket] + "/" + key
}

func wantDelivered(t *testing.T, key string, body []byte) {
	t.Helper()
	out, err := local.S3().GetObject(t.Context(), &s3.GetObjectInput{
		Bucket: aws.String(local.Outputs[deployment.DeliveryBucket]), Key: aws.String(key),
	})
	if err != nil {
		t.Errorf("object %q: %v", key, err)
		return
	}
	got, err := io.ReadAll(out.Body)
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("object %q has %d bytes, want %d: %v", key, len(got), len(body), err)
	}
	wantMetadata(t, key, out)
}

// wantMetadata checks that a delivered object has what upload gave its source.
func wantMetadata(t *testing.T, key string, out *s3.GetObjectOutput) {
	t.Helper()
	if aws.ToString(out.ContentType) != "image/png" || aws.ToString(out.CacheControl) != "max-age=60" ||
		aws.ToString(out.ContentDisposition) != "inline" || out.Metadata["seed"] != "42" {
		t.Errorf("object %q lost metadata: %v %v %v %v", key, aws.ToString(out.ContentType), aws.ToString(out.CacheControl),
			aws.ToString(out.ContentDisposition), out.Metadata)
	}
	tags, err := local.S3().GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{
		Bucket: aws.String(local.Outputs[deployment.DeliveryBucket]), Key: aws.String(key),
	})
	if err != nil || len(tags.TagSet) != 2 {
		t.Errorf("object %q has tags %v, %v", key, tags, err)
	}
}

// copies matches the CopyObject requests for a key; "" matches any key.
func copies(key string) func(faultproxy.Request) bool {
	return func(r faultproxy.Request) bool {
		path, _ := url.PathUnescape(r.Path)
		return r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && strings.HasSuffix(path, key)
	}
}

// copyObjects matches the CopyObject requests for a key, but not those that copy
// a part.
func copyObjects(key string) func(faultproxy.Request) bool {
	return func(r faultproxy.Request) bool { return copies(key)(r) && !strings.Contains(r.Query, "uploadId=") }
}

// written matches the CopyObject requests for a key that wrote it.
func written(key string) func(faultproxy.Request) bool {
	return func(r faultproxy.Request) bool { return copies(key)(r) && r.Status == http.StatusOK }
}

// wantWrittenOnce checks that each key was written once, however many requests there were.
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
