package tasks

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/operatortest"
)

func isHead(r faultproxy.Request) bool { return r.Method == http.MethodHead }

// heads makes S3's answers to HEAD requests say these headers.
func heads(proxy *faultproxy.Proxy, headers map[string]string) {
	proxy.Inject(faultproxy.Fault{Match: isHead, Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.Code)
	}})
}

// These are checksums of "image 1.png".
const (
	sha256Sum    = "eYc6vx5kq9FRfXjSRlZnvq0vqIgIKMjcto/ffrzzY7c="
	crc64NVMESum = "biQ2l7lIYJ4="
	crc32Sum     = "i+ZfGQ=="
)

// anyTag is an ETag that is nobody's MD5, as of an encrypted object.
const anyTag = `"d41d8cd98f00b204e9800998ecf8427e"`

// TestDownloadTwice: what was fetched is recognized, whatever its ETag is. Another file of the same size is not, where
// S3 gives a digest.
func TestDownloadTwice(t *testing.T) {
	for name, test := range map[string]struct {
		headers map[string]string
		other   bool // whether another file of the same size is recognized as another
	}{
		"plain":  {nil, true},
		"SSE-S3": {map[string]string{"x-amz-server-side-encryption": "AES256"}, true},
		"KMS":    {map[string]string{"x-amz-server-side-encryption": "aws:kms", "ETag": anyTag}, false},
		"DSSE":   {map[string]string{"x-amz-server-side-encryption": "aws:kms:dsse", "ETag": anyTag}, false},
		"SSE-C":  {map[string]string{"x-amz-server-side-encryption-customer-algorithm": "AES256", "ETag": anyTag}, false},
		"parts":  {map[string]string{"ETag": `"d41d8cd98f00b204e9800998ecf8427e-2"`}, false},
		"KMS SHA256": {map[string]string{"x-amz-server-side-encryption": "aws:kms", "ETag": anyTag,
			"x-amz-checksum-sha256": sha256Sum}, true},
		"KMS CRC64": {map[string]string{"x-amz-server-side-encryption": "aws:kms", "ETag": anyTag,
			"x-amz-checksum-crc64nvme": crc64NVMESum, "x-amz-checksum-type": "FULL_OBJECT"}, true},
		"parts CRC32": {map[string]string{"ETag": `"d41d8cd98f00b204e9800998ecf8427e-2"`,
			"x-amz-checksum-crc32": crc32Sum, "x-amz-checksum-type": "FULL_OBJECT"}, true},
		"checksum of parts": {map[string]string{"ETag": `"d41d8cd98f00b204e9800998ecf8427e-2"`,
			"x-amz-checksum-crc32": "AAAAAA==-2", "x-amz-checksum-type": "COMPOSITE"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h, store := newDelivered(t, "1.png")
			heads(store.Proxy, test.headers)
			folder := t.TempDir()
			for _, want := range []string{"1 fetched, 0 already there, 0 not fetched; 11 bytes", "0 fetched, 1 already there"} {
				if got := run(h, "get", "many", "--download", folder); got.Code != 0 || !strings.Contains(got.Out, want) {
					t.Errorf("exit code %d: %s\n%s", got.Code, got.Progress, got.Out)
				}
			}
			if err := os.WriteFile(filepath.Join(folder, "1.png"), []byte("image 2.png"), 0o644); err != nil {
				t.Fatal(err)
			}
			got := run(h, "get", "many", "--download", folder)
			if recognized := strings.Contains(got.Out, "another 1.png exists"); recognized != test.other {
				t.Errorf("exit code %d: %s\n%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}

// TestDownloadsAtOnce: several downloads of the same objects into one folder all succeed, and leave nothing else.
func TestDownloadsAtOnce(t *testing.T) {
	keys := []string{"1.png", "2.png", "3.png", "4.png", "5.png", "6.png"}
	h, _ := newDelivered(t, keys...)
	folder := t.TempDir()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			got := operatortest.RunUntil[subcommands](t.Context(), h.Surroundings, "get", "many", "--download", folder)
			if got.Code != 0 {
				t.Errorf("exit code %d: %s\n%s", got.Code, got.Progress, got.Out)
			}
		})
	}
	all.Wait()
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != len(keys) {
		t.Errorf("there are %v, %v", files, err)
	}
	for _, key := range keys {
		if body, err := os.ReadFile(filepath.Join(folder, key)); err != nil || string(body) != "image "+key {
			t.Errorf("%s is %q, %v", key, body, err)
		}
	}
}
