package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/prepare"
	s3server "sdtasktracker/infra/local/servers/s3"
	"sdtasktracker/shared/awsclient"
)

// files is a copier between two buckets of an S3 server that has multipart
// uploads, tags and checksums, but does not keep keys byte for byte.
type files struct {
	*Copier
	proxy *faultproxy.Proxy
	past  *s3.Client // past the proxy
	dir   string     // has a directory of plain files for every bucket
}

func newFiles(t *testing.T) *files {
	t.Helper()
	prepare.S3(t)
	dir := prepare.TestDiskDir(t)
	server, handler, err := s3server.Start(t.Context(), prepare.Root(), dir, localtest.Config(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	served := httptest.NewServer(handler)
	t.Cleanup(served.Close)
	proxy := faultproxy.Start(served.URL)
	t.Cleanup(proxy.Close)
	f := &files{
		Copier: newCopier(buckets, awsclient.Configure(localtest.Config(proxy.URL))),
		proxy:  proxy,
		past:   s3.NewFromConfig(localtest.Config(served.URL)),
		dir:    dir,
	}
	for _, bucket := range []string{"source", "destination"} {
		if _, err := f.past.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *files) put(t *testing.T, bucket, key, body string) {
	t.Helper()
	_, err := f.past.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader(body)})
	if err != nil {
		t.Fatal(err)
	}
}

// putParts stores a source in one part, with a checksum of the parts' checksums:
// neither its entity tag nor its checksum is a copy's.
func (f *files) putParts(t *testing.T, key, body string) {
	t.Helper()
	created, err := f.past.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: aws.String("source"), Key: aws.String(key), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		t.Fatal(err)
	}
	part, err := f.past.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: created.Bucket, Key: created.Key, UploadId: created.UploadId, PartNumber: aws.Int32(1),
		Body: strings.NewReader(body), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.past.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: created.Bucket, Key: created.Key, UploadId: created.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{
			{ETag: part.ETag, PartNumber: aws.Int32(1), ChecksumSHA256: part.ChecksumSHA256}}}})
	if err != nil {
		t.Fatal(err)
	}
}

// get is a delivered object; its body is read already.
func (f *files) get(t *testing.T, key string) (*s3.GetObjectOutput, string) {
	t.Helper()
	out, err := f.past.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("destination"), Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return out, string(body)
}

// deliver copies one source.
func (f *files) deliver(t *testing.T, key string) copied {
	t.Helper()
	return f.CopyAll(t.Context(), []string{"s3://source/" + key}, "")[0]
}

// The requests of copies, as the proxy sees them.
func isCopyObject(r faultproxy.Request) bool {
	return r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && !strings.Contains(r.Query, "uploadId")
}

func isPartCopy(r faultproxy.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.Query, "uploadId")
}

func isCreate(r faultproxy.Request) bool {
	return r.Method == http.MethodPost && !strings.Contains(r.Query, "uploadId")
}

func isComplete(r faultproxy.Request) bool {
	return r.Method == http.MethodPost && strings.Contains(r.Query, "uploadId")
}

func isAbort(r faultproxy.Request) bool { return r.Method == http.MethodDelete }

func (f *files) count(match func(faultproxy.Request) bool) int { return len(f.proxy.Requests(match)) }
