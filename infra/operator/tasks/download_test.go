package tasks

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// newDelivered is a task whose objects are delivered under these keys.
func newDelivered(t *testing.T, keys ...string) (*operatortest.History, *localtest.ObjectStore) {
	t.Helper()
	h := operatortest.NewHistory(t)
	store := localtest.Buckets(t, "images")
	t.Setenv("AWS_ENDPOINT_URL_S3", store.Proxy.URL)
	var uris []string
	for _, key := range keys {
		store.Put(t, "images", key, "image "+key)
		uris = append(uris, "s3://images/"+key)
	}
	a := h.Record(time.Minute, `{"id":"many","result":true,"image_url":["s3://out/1.png"]}`)
	h.Deliver(a, 0, tasktable.Delivery{Status: tasktable.Delivered, URIs: uris})
	return h, store
}

// hostileKeys would leave the folder, or not be files' names somewhere.
var hostileKeys = []string{
	"a/../../up.png", "..", "a/..", "C:\\evil.exe", "a/con.png", "a/nul", "-rf", ".hidden", "a\x1b[31m\n.png", "dots..",
	"same.png", "b/same.png", "SAME.PNG", strings.Repeat("long", 100) + ".png", "a.part", "ü 画.png",
}

// TestDownload fetches objects with hostile keys, and then leaves them alone.
func TestDownload(t *testing.T) {
	h, store := newDelivered(t, hostileKeys...)
	parent := t.TempDir()
	folder := filepath.Join(parent, "new", "images")
	got := run(h, "get", "many", "--download", folder)
	sum := "16 files: 16 fetched, 0 already there, 0 not fetched; "
	if got.Code != 0 || got.Progress != "" || !strings.Contains(got.Out, sum) {
		t.Fatalf("exit code %d: %s", got.Code, got.Progress)
	}
	operatortest.Golden(t, "get-download.txt", got.Out)
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != len(hostileKeys) {
		t.Errorf("%d files, %v", len(files), err)
	}
	if above, err := os.ReadDir(parent); err != nil || len(above) != 1 {
		t.Errorf("beside the folder: %v, %v", above, err)
	}
	for i, name := range fileNames(prefixed("s3://images/", hostileKeys)) {
		if body, err := os.ReadFile(
			filepath.Join(folder, name),
		); err != nil ||
			string(body) != "image "+hostileKeys[i] {
			t.Errorf("%q is %q, %v", name, body, err)
		}
	}
	operatortest.WantFullDisk[subcommands](t, h.Surroundings, output.Formats, "get", "many", "--download", folder)
	store.Proxy.Reset()
	again := run(h, "get", "many", "--download", folder, "--output", "csv")
	if again.Code != 0 || strings.Count(again.Out, ",already there,") != len(hostileKeys) {
		t.Errorf("again: exit code %d:\n%s", again.Code, again.Out)
	}
	if reads := store.Proxy.Requests(isGet); len(reads) > 0 {
		t.Errorf("%d objects were fetched again", len(reads))
	}
}

func prefixed(prefix string, keys []string) []string {
	var all []string
	for _, key := range keys {
		all = append(all, prefix+key)
	}
	return all
}

func isGet(r faultproxy.Request) bool { return r.Method == http.MethodGet }

// TestErrDownloadUnnamed: objects that the item doesn't name are not passed over in silence.
func TestErrDownloadUnnamed(t *testing.T) {
	h, store := newDelivered(t, "1.png")
	store.Put(t, "images", "a/1.png", "image")
	tooLong := "s3://images/a/" + strings.Repeat("long", 32<<10)
	a := h.Record(time.Minute, `{"id":"huge","result":true,"image_url":["s3://out/1.png"]}`)
	h.Deliver(a, 0, tasktable.Delivery{Status: tasktable.Delivered, URIs: []string{"s3://images/a/1.png", tooLong}})
	got := run(h, "get", "huge", "--download", t.TempDir(), "--output", "csv")
	const want = "1 more object could not be fetched, because the item has no room for their names: " +
		`aws s3 sync "s3://images/a/" DIR fetches all objects with the prefix`
	if got.Code != 1 || !strings.Contains(got.Progress, want) {
		t.Errorf("exit code %d: %s", got.Code, got.Progress)
	}
}

// TestDownloadResumes: what could not be fetched is, the next time; nothing else is
// overwritten, and no link leads out.
func TestDownloadResumes(t *testing.T) {
	h, store := newDelivered(t, "1.png", "2.png", "3.png", "4.png", "5.png")
	folder, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("1.png", "image 2.png") // of the same size
	write("2.png", "mine")
	write("3.png.part", "image")
	if err := os.Symlink(outside, filepath.Join(folder, "4.png.part")); err != nil {
		t.Fatal(err)
	}
	store.Delete(t, "images", "5.png")
	got := run(h, "get", "many", "--download", folder)
	for _, want := range []string{
		"a different 1.png of the same size exists", "a different 2.png of 4 bytes exists", "NoSuchKey",
		"5 files: 2 fetched, 0 already there, 3 not fetched; 22 bytes are here."} {
		if !strings.Contains(got.Out, want) {
			t.Errorf("no %q in\n%s", want, got.Out)
		}
	}
	const want = "3 of 5 objects could not be fetched: run it again for the rest; the first error: " +
		"fetch s3://images/1.png: a different 1.png of the same size exists"
	if !strings.Contains(got.Progress, want) {
		t.Errorf("no %q in\n%s", want, got.Progress)
	}
	if _, err := os.Stat(outside); got.Code != 1 || err == nil {
		t.Errorf("exit code %d, outside: %v", got.Code, err)
	}
	for _, name := range []string{"1.png", "2.png"} {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	store.Put(t, "images", "5.png", "back")
	if got := run(h, "get", "many", "--download", folder, "--output", "json"); got.Code != 0 ||
		strings.Count(got.Out, `"result": "fetched"`) != 3 {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
	}
}

// TestDownloadCutOff: a broken transfer leaves no file.
func TestDownloadCutOff(t *testing.T) {
	h, store := newDelivered(t, "1.png")
	folder := t.TempDir()
	cutOff := func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Length", "11")
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		_, _ = w.Write([]byte("image"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	store.Proxy.Inject(faultproxy.Fault{Match: isGet, Do: cutOff})
	got := run(h, "get", "many", "--download", folder)
	if got.Code != 1 || !strings.Contains(got.Progress, "fetch s3://images/1.png: unexpected EOF") {
		t.Errorf("exit code %d: %s", got.Code, got.Progress)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
		t.Errorf("there are %v, %v", files, err)
	}
	if got := run(h, "get", "many", "--download", "/dev/null/x"); got.Code != 1 ||
		!strings.Contains(got.Progress, "--download") {
		t.Errorf("exit code %d: %s", got.Code, got.Progress)
	}
}

// TestDownloadBar shows a bar to whoever watches, and no lines.
func TestDownloadBar(t *testing.T) {
	h, _ := newDelivered(t, "1.png", "2.png")
	h.Surroundings.Terminal.Watched = true
	watched := run(h, "get", "many", "--download", t.TempDir())
	if watched.Code != 0 {
		t.Fatalf("exit code %d: %s", watched.Code, watched.Progress)
	}
	if got := watched.Progress; !strings.Contains(got, "22 B / 22 B") || strings.Contains(got, "fetched") ||
		strings.Count(watched.Out, "│ 1.png ") != 1 {
		t.Errorf("got %q\n%s", got, watched.Out)
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
