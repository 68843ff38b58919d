package s3_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/servers/s3"
)

// TestHeadersAsAWS reads an answer as it crosses the wire: Go's client would
// spell the headers its own way.
func TestHeadersAsAWS(t *testing.T) {
	prepare.S3(t)
	server, err := s3.Start(t.Context(), prepare.Root(), prepare.TestDiskDir(t), "us-east-1",
		aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client := sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")})
	if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	_, err = client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"),
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
