package s3_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/servers/s3"
)

// start starts a server with a bucket of the name bucket, a folder in dir.
func start(t *testing.T) (client *sdk.Client, handler http.Handler, dir string) {
	t.Helper()
	prepare.S3(t)
	dir = prepare.TestDiskDir(t)
	keys := credentials.NewStaticCredentialsProvider("key", "secret", "")
	server, handler, err := s3.Start(t.Context(), prepare.Root(), dir, aws.Config{Region: "us-east-1", Credentials: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	served := httptest.NewServer(handler)
	t.Cleanup(served.Close)
	client = sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(served.URL), UsePathStyle: true,
		Credentials: keys})
	if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	return client, handler, dir
}

// TestCopyLimit: CopyObject refuses objects of more than 5 GB, as on S3.
func TestCopyLimit(t *testing.T) {
	client, _, dir := start(t)
	_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("large")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "bucket/large"), 5<<30+1); err != nil {
		t.Fatal(err)
	}
	_, err = client.CopyObject(t.Context(), &sdk.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("copy"),
		CopySource: aws.String("bucket/large")})
	const want = "InvalidRequest: The specified copy source is larger than the maximum allowable size for a copy source: "
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v", err)
	}
}

// TestHeadersAsAWS: clients get the names of metadata as Amazon S3 writes them, and one request ID.
func TestHeadersAsAWS(t *testing.T) {
	client, handler, _ := start(t)
	_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"),
		Metadata: map[string]string{"seed": "42"}})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sdk.NewPresignClient(client).PresignGetObject(t.Context(),
		&sdk.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, signed.URL, nil))
	header := map[string][]string(answer.Result().Header) // unlike a header's, a map's names are as they were sent
	if answer.Code != http.StatusOK || !slices.Equal(header["x-amz-meta-seed"], []string{"42"}) ||
		len(header["X-Amz-Request-Id"]) != 1 {
		t.Errorf("got %d with %v", answer.Code, header)
	}
}
