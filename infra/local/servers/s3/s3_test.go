package s3_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/servers/s3"
)

// start starts a server with a bucket of the name bucket, a folder in dir.
func start(t *testing.T) (client *sdk.Client, dir string) {
	t.Helper()
	prepare.S3(t)
	dir = prepare.TestDiskDir(t)
	server, err := s3.Start(t.Context(), prepare.Root(), dir, "us-east-1",
		aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Server.Close() })
	served := httptest.NewServer(server.Handler)
	t.Cleanup(served.Close)
	client = sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(served.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")})
	if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	return client, dir
}

// putParts stores an object of several parts under the key k.
func putParts(t *testing.T, client *sdk.Client, parts ...string) error {
	t.Helper()
	created, err := client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{
		Bucket: aws.String("bucket"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	var uploaded types.CompletedMultipartUpload
	for i, part := range parts {
		number := aws.Int32(int32(i + 1))
		out, err := client.UploadPart(t.Context(), &sdk.UploadPartInput{Bucket: created.Bucket, Key: created.Key,
			UploadId: created.UploadId, PartNumber: number, Body: strings.NewReader(part)})
		if err != nil {
			t.Fatal(err)
		}
		uploaded.Parts = append(uploaded.Parts, types.CompletedPart{ETag: out.ETag, PartNumber: number,
			ChecksumCRC32: out.ChecksumCRC32})
	}
	_, err = client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{Bucket: created.Bucket,
		Key: created.Key, UploadId: created.UploadId, MultipartUpload: &uploaded})
	return err
}

// TestPartsLeaveHoles: an object of several parts has their bytes, and no blocks on the
// disk for those that are zeros.
func TestPartsLeaveHoles(t *testing.T) {
	client, dir := start(t)
	zeros := make([]byte, 8<<20)
	parts := []string{"begin" + string(zeros), string(zeros) + "middle", "odd" + string(zeros[:3<<20])}
	if err := putParts(t, client, parts...); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "bucket/k")
	if object, err := os.ReadFile(path); err != nil || string(object) != strings.Join(parts, "") {
		t.Errorf("the object of %d bytes is not its parts, %v", len(object), err)
	}
	var file syscall.Stat_t
	if err := syscall.Stat(path, &file); err != nil || file.Blocks*512 > 4<<20 {
		t.Errorf("it takes %d blocks, %v", file.Blocks, err)
	}
}

// TestNoRoom: parts that can't be written into one object, here because a limit on files
// is less, become none, whether the limit is met by bytes or by a hole.
func TestNoRoom(t *testing.T) {
	const limit = 10 << 20
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	after := before
	after.Cur = limit
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &after); err != nil {
		t.Fatal(err)
	}
	client, dir := start(t) // it takes over the limit
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	for name, last := range map[string]string{"bytes": "c", "a hole": "\x00"} {
		t.Run(name, func(t *testing.T) {
			err := putParts(t, client, strings.Repeat("a", limit/2), strings.Repeat("b", limit/2), strings.Repeat(last, 1<<19))
			if err == nil {
				t.Error("no error")
			}
			if _, err := os.Stat(filepath.Join(dir, "bucket/k")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is an object, %v", err)
			}
		})
	}
}

// TestHeadersAsAWS reads an answer as it crosses the wire: Go's client would
// spell the headers its own way.
func TestHeadersAsAWS(t *testing.T) {
	client, _ := start(t)
	_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"),
		Body: strings.NewReader("body"), Metadata: map[string]string{"seed": "42"}})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := sdk.NewPresignClient(client).PresignGetObject(t.Context(),
		&sdk.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k")})
	if err != nil {
		t.Fatal(err)
	}
	answer := get(t, signed.URL)
	if !strings.HasPrefix(answer, "HTTP/1.1 200") || !strings.Contains(answer, "\r\nx-amz-meta-seed: 42\r\n") {
		t.Errorf("the answer is %s", answer)
	}
	if n := strings.Count(strings.ToLower(answer), "\r\nx-amz-request-id:"); n != 1 {
		t.Errorf("the answer has %d request IDs: %s", n, answer)
	}
}

// get sends a request and returns the whole answer.
func get(t *testing.T, signed string) string {
	t.Helper()
	target, err := url.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := net.DialTimeout("tcp", target.Host, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(time.Minute))
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target.RequestURI(), target.Host)
	answer, err := io.ReadAll(connection)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
