package main

import (
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

// start starts a function in front of a new endpoint, and lets it initialize.
func start(t *testing.T, name string, latency time.Duration) (*sandbox, *endpoint) {
	t.Helper()
	e, err := newEndpoint(latency, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	s, err := newSandbox(e.environment(), prepare.Function(t, filepath.Join("functions", name)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s, e
}

// counts is what happened at an endpoint.
type counts struct{ connections, requests, trips int64 }

func (e *endpoint) counts() counts {
	return counts{e.Connections.Load(), e.Requests.Load(), e.Trips.Load()}
}

// invoke runs a function, and returns what it took.
func (s *sandbox) count(t *testing.T, e *endpoint, images int) counts {
	t.Helper()
	before := e.counts()
	if _, err := s.invoke(event(images)); err != nil {
		t.Fatal(err)
	}
	after := e.counts()
	return counts{after.connections - before.connections, after.requests - before.requests, after.trips - before.trips}
}

// TestFirstInvocation: what a sandbox's first invocation asks of AWS is what every later
// one does. Its connections are there.
func TestFirstInvocation(t *testing.T) {
	for name, test := range map[string]struct {
		images int
		init   counts // without trips, whose number depends on TLS's version
		want   counts
	}{
		"record":  {4, counts{1, 1, 0}, counts{0, 1, 1}},
		"deliver": {4, counts{5, 5, 0}, counts{0, 5, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := start(t, name, time.Millisecond)
			if got := e.counts(); got.connections != test.init.connections || got.requests != test.init.requests {
				t.Errorf("init takes %+v, want %+v", got, test.init)
			}
			for _, which := range []string{"first", "second"} {
				if got := s.count(t, e, test.images); got != test.want {
					t.Errorf("the %s invocation takes %+v, want %+v", which, got, test.want)
				}
			}
		})
	}
}

// TestThawed: a server closes idle connections while a sandbox is frozen, which knows
// nothing of it. No error surfaces in the next invocation.
func TestThawed(t *testing.T) {
	for name, requests := range map[string]int64{"record": 1, "deliver": 5} {
		t.Run(name, func(t *testing.T) {
			s, e := start(t, name, 0)
			s.count(t, e, 4)
			localtest.Await(t, time.Minute, "all connections are idle", func() bool { return !e.active() })
			s.signal(t, syscall.SIGSTOP)
			e.cut()
			s.signal(t, syscall.SIGCONT)
			if got := s.count(t, e, 4); got.requests != requests || got.connections == 0 {
				t.Errorf("it takes %+v, want %d requests on new connections", got, requests)
			}
		})
	}
}

func (s *sandbox) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := s.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// TestNobodyListens: init neither fails nor waits for what is not there.
func TestNobodyListens(t *testing.T) {
	s, err := newSandbox(append([]string{nobody}, settings...), prepare.Function(t, "functions/deliver"))
	if err != nil {
		t.Fatal(err)
	}
	s.close()
}

// TestHangingEndpoint: init waits for a silent service for a second, not longer.
func TestHangingEndpoint(t *testing.T) {
	s, _ := start(t, "record", time.Hour)
	if s.Init > 20*time.Second {
		t.Errorf("init took %v", s.Init)
	}
}

// TestPackages: every byte of a package is loaded before a function can start.
func TestPackages(t *testing.T) {
	prepare.Stack(t)
	for name, most := range map[string]int{
		"record": 3_500_000, "deliver": 3_700_000, "redrive": 3_400_000, "reconcile": 3_700_000,
	} {
		size, err := zipped(filepath.Join(prepare.Root(), "build/functions", name, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		if size > most {
			t.Errorf("%s has %d bytes, want at most %d", name, size, most)
		}
	}
}

// TestPackageInitialization: a function can't start before all its packages have set their
// variables, of which some build tables that only few programs read.
func TestPackageInitialization(t *testing.T) {
	const most = 450_000 // of which 92,000 are the SNS client's table of endpoints, 0.1 ms
	for _, name := range []string{"record", "deliver"} {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(prepare.Function(t, filepath.Join("functions", name)))
			command.Env = []string{"GODEBUG=inittrace=1"}
			output, err := command.CombinedOutput()
			if err == nil || !strings.Contains(string(output), "set-up failed") {
				t.Fatalf("without settings, it ends with %v:\n%s", err, output)
			}
			if got := initialized(string(output)); got == 0 || got > most {
				t.Errorf("its packages, of which go.mod says more, allocate %d bytes, want 1 to %d:\n%s", got, most, output)
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

// TestReason: a peer that is not there is skipped, with a reason.
func TestReason(t *testing.T) {
	_, err := newSandbox(nil, "/nonexistent")
	if err == nil || !strings.Contains(firstLine(err), "/nonexistent") {
		t.Errorf("error is %v", err)
	}
}
