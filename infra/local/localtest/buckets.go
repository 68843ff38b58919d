package localtest

import (
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/faultproxy"
)

// metadataLimit is the server's limit on an object's metadata, in bytes. The server
// counts all headers, and an escaped CopySource alone can take several KB.
const metadataLimit = 8 << 10

// ObjectStore is an S3 server that preserves keys byte for byte. It supports
// conditional copies, but neither UploadPartCopy nor tags.
type ObjectStore struct {
	Proxy *faultproxy.Proxy

	backend *s3mem.Backend
}

// Buckets starts an S3 server with empty buckets.
func Buckets(t testing.TB, names ...string) *ObjectStore {
	t.Helper()
	backend := s3mem.New()
	for _, name := range names {
		if err := backend.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	exists := func(_ context.Context, bucket, key string) bool {
		_, err := backend.HeadObject(bucket, key)
		return err == nil
	}
	handler := gofakes3.New(backend, gofakes3.WithMetadataSizeLimit(metadataLimit)).Server()
	server := httptest.NewServer(copyguard.New(handler, exists))
	t.Cleanup(server.Close)
	return &ObjectStore{Proxy: newProxy(t, server.URL), backend: backend}
}

// Config is the configuration of a client that calls the server through the proxy.
func (s *ObjectStore) Config() aws.Config { return Config(s.Proxy.URL) }

// Put stores an object without going through the proxy.
func (s *ObjectStore) Put(t testing.TB, bucket, key, body string) {
	t.Helper()
	_, err := s.backend.PutObject(bucket, key, map[string]string{}, strings.NewReader(body), int64(len(body)), nil)
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

// Get returns an object's body without going through the proxy.
func (s *ObjectStore) Get(t testing.TB, bucket, key string) string {
	t.Helper()
	object, err := s.backend.GetObject(bucket, key, nil)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	defer object.Contents.Close()
	body, err := io.ReadAll(object.Contents)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	return string(body)
}
