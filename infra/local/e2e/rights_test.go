package e2e

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sdtasktracker/infra/local/authorizer"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
)

// denials are the denials by the template's policies.
var denials = denialLog{expected: map[need]int{}}

// denialLog keeps denials until a test takes them. It is safe for concurrent use.
type denialLog struct {
	mutex      sync.Mutex
	unexpected []error
	expected   map[need]int // how many wait for it
}

// need is an action on a resource.
type need struct{ action, resource string }

func (l *denialLog) add(err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var denied *authorizer.DeniedError
	if !errors.As(err, &denied) {
		l.unexpected = append(l.unexpected, err)
		return
	}
	known := slices.ContainsFunc(l.unexpected, func(earlier error) bool {
		var other *authorizer.DeniedError
		return errors.As(earlier, &other) && other.Request.Principal == denied.Request.Principal &&
			other.Request.Action == denied.Request.Action
	})
	if !known && l.expected[need{denied.Request.Action, denied.Request.Resource}] == 0 {
		l.unexpected = append(l.unexpected, err)
	}
}

// take returns the unexpected denials since the last call, only the first for each
// function and action.
func (l *denialLog) take() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	taken := errors.Join(l.unexpected...)
	l.unexpected = nil
	return taken
}

// expect declares that an action on a resource will be denied, until end is called.
func (l *denialLog) expect(n need) (end func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.expected[n]++
	return func() {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		l.expected[n]--
	}
}

// wantNoDenials fails a test if there were unexpected denials during it.
func wantNoDenials(t testing.TB) {
	if err := denials.take(); err != nil {
		t.Errorf("the template's policies do not allow it: %v", err)
	}
}

// forbid removes the topic's permission to invoke a function.
func forbid(function string) (end func()) {
	arn := local.FunctionARN(local.Outputs[function])
	expected := denials.expect(need{"lambda:InvokeFunction", arn})
	restore := local.Authorizer.Detach(arn)
	return func() {
		restore()
		expected()
	}
}

// TestRedriveOfEveryQueue puts two dead letters into each queue: redrive can redrive the
// first, and must leave the second.
func TestRedriveOfEveryQueue(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	id := newID(t)
	endRecord, endDeliver := forbid(recordFunction), forbid(deliverFunction)
	publish(t, completed(id))
	request(t, fmt.Sprintf(`{"metadata":{"id":%q},"content":{}}`, newID(t)), "sdruntime")
	undelivered := []string{"record-subscription", "deliver-subscription", "record-input-subscription"}
	for _, queue := range undelivered {
		await(t, "SNS has put it aside", func() bool { return size(t, local.Outputs[deployment.Queue(queue).Output()]) == 1 })
	}
	endRecord()
	endDeliver()
	for _, queue := range []string{"record", "deliver"} {
		bury(t, deployment.Queue(queue), snsEvent(id, time.Now(), completed(id)), "the table was down")
	}
	for _, queue := range append(undelivered, "record", "deliver") {
		bury(t, deployment.Queue(queue), []byte(`{"Type":"Notification"}`), "")
	}
	answer := callRedrive(t, deadletter.Request{})
	for queue, counts := range answer.Queues {
		if counts.Redriven != 1 || counts.Failed != 1 || counts.Left != 1 {
			t.Errorf("%s has %+v", queue, counts)
		}
	}
	if len(answer.Queues) != 5 {
		t.Errorf("%d queues: %+v", len(answer.Queues), answer)
	}
}

// notRun is the role of the schedules, which the local stack doesn't run. The CDK app's tests check its rights.
const notRun = "ScheduleRole"

// checkRights fails the suite for denials after the tests, and for every right in the
// template that no test used. Only all tests together use all rights.
func checkRights() error {
	err := denials.take()
	var unused []string
	for _, grant := range local.Authorizer.Unused() {
		if !strings.HasPrefix(grant.Policy, notRun) {
			unused = append(unused, describe(grant))
		}
	}
	if dir := os.Getenv(shardVariable); dir != "" {
		return errors.Join(err, leaveUnused(dir, unused))
	}
	if chosen {
		return err
	}
	unused, readErr := unusedEverywhere(unused)
	if len(unused) > 0 {
		err = errors.Join(err, fmt.Errorf("no test uses these rights:\n%s", strings.Join(unused, "\n")))
	}
	return errors.Join(err, readErr)
}

func describe(g iam.Grant) string {
	return fmt.Sprintf("  %s, statement %d: %s on %s", g.Policy, g.Statement, g.Action, g.Resource)
}
