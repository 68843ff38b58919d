package bench

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/prepare"
)

// memoryMB is the memory of sandboxes in tests that don't depend on it.
const memoryMB = 256

// TestFirstInvocation: a sandbox's first invocation sends the same requests as every later
// invocation, and opens no connections.
func TestFirstInvocation(t *testing.T) {
	for name, test := range map[string]struct {
		topic string
		init  counts // without trips, whose number depends on TLS's version
		want  counts
	}{
		"record":              {"", counts{1, 1, 0}, counts{0, 1, 1}},
		"deliver":             {"", counts{5, 5, 0}, counts{0, 5, 5}},
		"record with events":  {"arn:aws:sns:us-east-1:000000000000:events", counts{1, 1, 0}, counts{0, 1, 1}},
		"deliver with events": {"arn:aws:sns:us-east-1:000000000000:events", counts{6, 6, 0}, counts{0, 6, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			var got [3]counts // of init, the first invocation and the second
			want := [3]counts{test.init, test.want, test.want}
			// The client returns an unused connection to its pool some time after the handshake, which a busy machine may
			// delay until the invocation has begun. Then the invocation opens another connection.
			for attempt := 0; attempt < 3 && got != want; attempt++ {
				e := newEndpoint(t, time.Millisecond)
				e.topic = test.topic
				s := start(t, strings.TrimSuffix(name, " with events"), memoryMB, e)
				// A connection that another request has made superfluous may still be under way.
				localtest.Await(t, time.Minute, "init's connections are there", func() bool {
					return e.ready.Load() >= test.init.connections
				})
				got[0] = e.counts()
				got[0].trips = 0
				_, got[1] = s.invoke(t, completed(4))
				_, got[2] = s.invoke(t, completed(4))
			}
			if got != want {
				t.Errorf("init and two invocations take %+v, want %+v", got, want)
			}
		})
	}
}

// TestRequests: a message costs only the requests that can't be avoided: a write by each
// function that has news, a copy of each image, and reading why a task failed.
func TestRequests(t *testing.T) {
	e := newEndpoint(t, 0)
	record, deliver := start(t, "record", memoryMB, e), start(t, "deliver", memoryMB, e)
	for name, test := range map[string]struct {
		event           []byte
		record, deliver int64
	}{
		"running":                {event(map[string]any{"id": "task", "status": "running"}), 1, 0},
		"completed, no image":    {completed(0), 1, 1},
		"completed, 1 image":     {completed(1), 1, 2},
		"completed, 1000 images": {completed(1000), 1, 1001},
		"failed": {event(map[string]any{"id": "task", "status": "failed", "result": false,
			"output_url": "s3://from/output/task/task-3f9a.out"}), 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := record.invoke(t, test.event); got.requests != test.record {
				t.Errorf("record sends %d requests, want %d", got.requests, test.record)
			}
			if _, got := deliver.invoke(t, test.event); got.requests != test.deliver {
				t.Errorf("deliver sends %d requests, want %d", got.requests, test.deliver)
			}
		})
	}
}

// TestThawed: a server closes idle connections while a sandbox is frozen and can't notice.
// The next invocation succeeds.
func TestThawed(t *testing.T) {
	for name, requests := range map[string]int64{"record": 1, "deliver": 5} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t, 0)
			s := start(t, name, memoryMB, e)
			s.invoke(t, completed(4))
			s.signal(t, syscall.SIGSTOP)
			e.server.CloseClientConnections()
			s.signal(t, syscall.SIGCONT)
			if _, got := s.invoke(t, completed(4)); got.requests != requests || got.connections == 0 {
				t.Errorf("it takes %+v, want %d requests on new connections", got, requests)
			}
		})
	}
}

func (s *sandbox) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.pid, signal); err != nil {
		t.Fatal(err)
	}
}

// TestNobodyListens: init neither fails nor waits if no server listens.
func TestNobodyListens(t *testing.T) {
	e := newEndpoint(t, 0)
	e.server.Close()
	start(t, "deliver", memoryMB, e)
}

// TestHangingEndpoint: init waits at most a second for a service that doesn't answer.
func TestHangingEndpoint(t *testing.T) {
	s := start(t, "record", memoryMB, newEndpoint(t, time.Hour))
	if s.init < 900*time.Millisecond || s.init > 5*time.Second {
		t.Errorf("init took %v", s.init)
	}
}

// TestPackages: every byte of a package is loaded before a function can start.
func TestPackages(t *testing.T) {
	for name, maxBytes := range map[string]int64{
		"record": 3_500_000, "deliver": 3_700_000, "redrive": 3_400_000, "reconcile": 3_700_000,
	} {
		if size := zipped(t, prepare.Package(t, name)); size > maxBytes {
			t.Errorf("%s has %d bytes, want at most %d", name, size, maxBytes)
		}
	}
}

// zipped returns the size of a file in a zip archive, in bytes.
func zipped(t *testing.T, path string) int64 {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "package.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	entry, err := archive.Create("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// TestPackageInitialization: a function can't start before all its packages have set their
// variables. Some build large tables that a function never reads.
func TestPackageInitialization(t *testing.T) {
	const maxBytes = 450_000 // including 92,000 for the SNS client's table of endpoints, which takes 0.1 ms
	for _, name := range []string{"record", "deliver"} {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(localtest.Bootstrap(t, "functions/"+name))
			command.Env = []string{"GODEBUG=inittrace=1"}
			output, err := command.CombinedOutput()
			if err == nil || !strings.Contains(string(output), "set-up failed") {
				t.Fatalf("without settings, it ends with %v:\n%s", err, output)
			}
			if got := initialized(string(output)); got == 0 || got > maxBytes {
				t.Errorf("its packages allocate %d bytes, want 1 to %d (go.mod says why versions are held back):\n%s",
					got, maxBytes, output)
			}
		})
	}
}

// initialized sums up the bytes of what GODEBUG=inittrace=1 prints ("runtime" in Go's
// standard library): init PACKAGE @… ms, … ms clock, BYTES bytes, … allocs
func initialized(trace string) (bytes int) {
	for line := range strings.Lines(trace) {
		fields := strings.Fields(line)
		if at := slices.Index(fields, "bytes,"); at > 0 && fields[0] == "init" {
			n, _ := strconv.Atoi(fields[at-1])
			bytes += n
		}
	}
	return bytes
}
