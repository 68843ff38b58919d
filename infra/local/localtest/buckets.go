package localtest

import (
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

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
	clock   *clock
}

// clock is the server's clock: the machine's clock unless a time is set.
type clock struct {
	mutex sync.Mutex
	at    time.Time
}

// Now implements [gofakes3.TimeSource].
func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// Since implements [gofakes3.TimeSource].
func (c *clock) Since(at time.Time) time.Duration { return c.Now().Sub(at) }

func (c *clock) set(at time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.at = at
}

// Buckets starts an S3 server with empty buckets.
func Buckets(t testing.TB, names ...string) *ObjectStore {
	t.Helper()
	clock := &clock{}
	backend := s3mem.New(s3mem.WithTimeSource(clock))
	for _, name := range names {
		if err := backend.CreateBucket(name); err != nil {
			t.Fatal(err)
		}
	}
	handler := gofakes3.New(backend, gofakes3.WithMetadataSizeLimit(metadataLimit)).Server()
	server := httptest.NewServer(copyguard.New(handler, Config("")))
	t.Cleanup(server.Close)
	return &ObjectStore{Proxy: newProxy(t, server.URL), backend: backend, clock: clock}
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

// PutAt is Put with another Last-Modified time.
func (s *ObjectStore) PutAt(t testing.TB, at time.Time, bucket, key, body string) {
	t.Helper()
	s.clock.set(at)
	defer s.clock.set(time.Time{})
	s.Put(t, bucket, key, body)
}

// Delete removes an object without going through the proxy.
func (s *ObjectStore) Delete(t testing.TB, bucket, key string) {
	t.Helper()
	if _, err := s.backend.DeleteObject(bucket, key); err != nil {
		t.Fatalf("delete %q: %v", key, err)
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
