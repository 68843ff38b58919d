// Package e2e tests the local stack as users use it: tests publish announcements to
// SNS, the compiled functions run, and the tests check the table, the buckets and the
// queues. Fault proxies stand between the functions and their servers.
//
// The tests of a process share one stack, the variables local and proxies. A stack for
// each of the fifty tests would double the time of the suite: deploying a stack takes
// over a second of both CPUs, and warming its sandboxes takes more. A shared stack is
// also closer to a real deployment, in which warm sandboxes handle tasks of all kinds.
// So each test has its own task ids and keys ([newID]), empties the dead-letter queues
// before it counts dead letters, and removes its faults. The tests of a process don't
// run in parallel, because a fault affects all requests. Tests that mostly wait run in
// processes of their own, each with a stack ([shards]).
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deployment"
)

// shortPauses is the SDK's variable for pauses between attempts of some 50 ms, where a second is its default.
const shortPauses = "AWS_NEW_RETRIES_2026"

// patience is how long a test waits for a condition.
const patience = time.Minute

// The outputs with the functions' names and the dead-letter queues' URLs.
var (
	recordFunction          = deployment.FunctionOutput("record")
	deliverFunction         = deployment.FunctionOutput("deliver")
	redriveFunction         = deployment.FunctionOutput("redrive")
	recordQueue             = deployment.FailedEvents("record").Output()
	deliverQueue            = deployment.FailedEvents("deliver").Output()
	recordSubscriptionQueue = deployment.Undelivered("record").Output()
)

// The stack, once start has deployed it. All tests of a process share it.
var (
	local    *stack.Stack
	proxies  = map[string]*faultproxy.Proxy{} // by service
	stateDir string
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	dir, remove, err := prepare.DiskDir()
	if err != nil {
		return 0, err
	}
	stateDir = dir
	code, err := runSharded(m)
	if local != nil {
		err = errors.Join(err, local.Close())
		if code == 0 && err == nil {
			err = checkRights()
		}
	}
	return code, errors.Join(err, remove())
}

// start makes sure that the stack is up: every test begins with it. The first one
// deploys what the working tree has now. At the test's end, start ends the faults that
// the test has injected, and fails the test for rights that functions lacked.
func start(t testing.TB) {
	t.Helper()
	prepare.Stack(t)
	if err := deploy(); err != nil {
		t.Fatalf("start the local stack: %v", err)
	}
	t.Cleanup(func() {
		for _, proxy := range proxies {
			proxy.Reset()
		}
		wantNoDenials(t)
	})
}

var deploy = sync.OnceValue(func() (err error) {
	local, err = stack.Start(context.Background(), stack.Options{
		Root: prepare.Root(), StateDir: filepath.Join(stateDir, "stack"), RetryDelay: 50 * time.Millisecond,
		AccessKey: "local", SecretKey: "local-secret", FunctionEndpoint: throughProxy,
		Environment: map[string]string{shortPauses: "true"}, Denied: denials.add,
		// Print the reason, because the tests would only say that connections are refused.
		Failed: func(err error) { fmt.Fprintln(os.Stderr, err) },
	})
	return err
})

// throughProxy puts a proxy in front of a service, which all functions share.
func throughProxy(service, endpoint string) string {
	if proxies[service] == nil {
		proxies[service] = faultproxy.Start(endpoint)
	}
	return proxies[service].URL
}

var ids atomic.Int64

// newID returns a task id that no other test uses.
func newID(t *testing.T) string {
	name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	return fmt.Sprintf("%s-%d", name[max(0, len(name)-50):], ids.Add(1))
}

// await waits until a condition holds, and fails the test if it never does.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	localtest.Await(t, patience, what, condition)
}
