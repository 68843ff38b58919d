package tasks

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

// TestDownloadTwice: what was fetched is recognized, whatever its ETag is. Another file of the same size is not, where
// S3 says the MD5.
func TestDownloadTwice(t *testing.T) {
	const anyTag, encryption = `"d41d8cd98f00b204e9800998ecf8427e"`, "X-Amz-Server-Side-Encryption"
	for name, test := range map[string]struct {
		headers map[string]string
		other   bool // whether another file of the same size is recognized as another
	}{
		"OKPlain": {nil, true},
		"OKSSES3": {map[string]string{encryption: "AES256"}, true},
		"OKKMS":   {map[string]string{encryption: "aws:kms", "ETag": anyTag}, false},
		"OKDSSE":  {map[string]string{encryption: "aws:kms:dsse", "ETag": anyTag}, false},
		"OKSSEC":  {map[string]string{encryption + "-Customer-Algorithm": "AES256", "ETag": anyTag}, false},
		"OKParts": {map[string]string{"ETag": `"d41d8cd98f00b204e9800998ecf8427e-2"`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h, store := newDelivered(t, "1.png")
			isHead := func(r faultproxy.Request) bool { return r.Method == http.MethodHead }
			store.Proxy.Inject(faultproxy.Fault{Match: isHead, Do: withHeaders(test.headers)})
			folder := t.TempDir()
			for _, want := range []string{"1 fetched, 0 already there, 0 not", "0 fetched, 1 already there"} {
				if got := run(h, "get", "many", "--download", folder); got.Code != 0 || !strings.Contains(got.Out, want) {
					t.Errorf("exit code %d: %s\n%s", got.Code, got.Progress, got.Out)
				}
			}
			if err := os.WriteFile(filepath.Join(folder, "1.png"), []byte("image 2.png"), 0o644); err != nil {
				t.Fatal(err)
			}
			got := run(h, "get", "many", "--download", folder)
			if recognized := strings.Contains(got.Out, "a different 1.png of the same size exists"); recognized != test.other {
				t.Errorf("exit code %d: %s\n%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}

// withHeaders makes an answer say these headers.
func withHeaders(headers map[string]string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		maps.Copy(w.Header(), answer.Header())
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.Code)
	}
}
