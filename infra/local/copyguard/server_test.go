package copyguard_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/localtest"
)

// TestOverwritesNothing: behind the guard, a server that ignores If-None-Match on CopyObject overwrites
// nothing.
func TestOverwritesNothing(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("b"); err != nil {
		t.Fatal(err)
	}
	guarded := httptest.NewServer(copyguard.New(gofakes3.New(backend).Server(), localtest.Config("")))
	t.Cleanup(guarded.Close)
	client := s3.NewFromConfig(localtest.Config(guarded.URL))
	for _, key := range []string{"a#1", "b"} {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("b"), Key: aws.String(key), Body: strings.NewReader(key)})
		if err != nil {
			t.Fatal(err)
		}
	}
	copyTo := func(key string) error {
		_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("b"), Key: aws.String(key),
			CopySource: aws.String("b/a%231"), IfNoneMatch: aws.String("*")})
		return err
	}
	if err := copyTo("new"); err != nil {
		t.Errorf("a copy to a new key: %v", err)
	}
	if err := copyTo("b"); err == nil || !strings.Contains(err.Error(), "PreconditionFailed") {
		t.Errorf("a copy to an existing key: %v", err)
	}
}
