package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/failure"
)

// TestRedriveDryRun: a dry run lists dead letters and changes nothing.
func TestRedriveDryRun(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	tasks := buryTasks(t, 3)
	for queues, request := range map[int]deadletter.Request{
		5: {DryRun: true},
		1: {DryRun: true, Queue: "record"},
	} {
		answer := callRedrive(t, request)
		counts := answer.Queues["record"]
		if counts.Listed != 3 || counts.Left != 3 || len(answer.Letters) != 3 ||
			answer.Letters[0].Error != "the table was down" {
			t.Errorf("got %+v, %+v", counts, answer)
		}
		if len(answer.Queues) != queues {
			t.Errorf("%d queues, want %d", len(answer.Queues), queues)
		}
	}
	if got := getItem(t, tasks[0]); got != nil {
		t.Errorf("a task was recorded: %v", got)
	}
}

// TestRedriveConditions: redrive redrives only dead letters that meet the request's conditions.
func TestRedriveConditions(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	tasks := buryTasks(t, 3)
	bury(t, "record", snsEvent("m", time.Now(), "poison"), "invalid announcement")
	for name, test := range map[string]struct {
		request deadletter.Request
		listed  int
	}{
		"by task":              {deadletter.Request{TaskID: tasks[1]}, 1},
		"by error":             {deadletter.Request{ErrorContains: "table was"}, 3},
		"by age":               {deadletter.Request{OlderThan: deadletter.Duration(time.Hour)}, 0},
		"by queue":             {deadletter.Request{Queue: "deliver"}, 0},
		"at most":              {deadletter.Request{Queue: "record", Max: 2}, 2},
		"by error and by task": {deadletter.Request{TaskID: tasks[1], ErrorContains: "invalid"}, 0},
	} {
		test.request.DryRun = true
		if test.request.Queue == "" { // an empty queue is waited for
			test.request.Queue = "record"
		}
		answer := callRedrive(t, test.request)
		listed := 0
		for _, counts := range answer.Queues {
			listed += counts.Listed
		}
		if listed != test.listed || answer.More != (test.request.Max > 0) {
			t.Errorf("%s: %d are listed, want %d; more: %t", name, listed, test.listed, answer.More)
		}
	}
	answer := callRedrive(t, deadletter.Request{TaskID: tasks[1], Queue: "record"})
	if counts := answer.Queues["record"]; counts.Redriven != 1 || counts.Skipped != 3 || counts.Left != 3 {
		t.Errorf("got %+v", counts)
	}
	awaitItem(t, tasks[1], "status", "running")
}

// TestRedriveFailsAgain: a dead letter that fails again stays in its queue, visible, with the reason.
func TestRedriveFailsAgain(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	bury(t, "record", snsEvent("m", time.Now(), "poison"), "before")
	bury(t, "record", []byte("no event"), "before")
	bury(t, "deliver-subscription", []byte(`{"Type":"Notification"}`), "")
	wantErrors := map[failure.Kind]int{"invalid": 1, "unreadable": 1}
	for range 2 {
		answer := callRedrive(t, deadletter.Request{})
		counts := answer.Queues["record"]
		if counts.Failed != 2 || counts.Left != 2 || !maps.Equal(counts.Errors, wantErrors) {
			t.Errorf("got %+v", counts)
		}
		if counts := answer.Queues["deliver-subscription"]; counts.Failed != 1 || counts.Left != 1 {
			t.Errorf("got %+v", counts)
		}
		reasons := fmt.Sprint(answer.Letters)
		for _, want := range []string{"message is not JSON", "neither an event nor"} {
			if !strings.Contains(reasons, want) {
				t.Errorf("the letters do not say %q: %s", want, reasons)
			}
		}
	}
}

// TestRedriveTwiceAtOnce: two redrives at once share the work.
func TestRedriveTwiceAtOnce(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	tasks := buryTasks(t, 60)
	proxies["DYNAMODB"].Reset()
	var both sync.WaitGroup
	answers := make([]deadletter.Answer, 2)
	for i := range answers {
		both.Go(func() { answers[i] = callRedrive(t, deadletter.Request{Queue: "record"}) })
	}
	both.Wait()
	total := answers[0].Queues["record"].Redriven + answers[1].Queues["record"].Redriven
	if total != 60 {
		t.Errorf("%d redriven, want 60", total)
	}
	for _, id := range tasks {
		awaitItem(t, id, "status", "running")
	}
	if left := size(t, local.Outputs[recordQueue]); left != 0 {
		t.Errorf("%d are left", left)
	}
}

// TestRedriveRate: redrive doesn't exceed its rate.
func TestRedriveRate(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	buryTasks(t, 5)
	start := time.Now()
	answer := callRedrive(t, deadletter.Request{Queue: "record", RatePerSecond: 5})
	if took := time.Since(start); answer.Queues["record"].Redriven != 5 || took < time.Second {
		t.Errorf("%+v after %v", answer.Queues["record"], took)
	}
}

// afterKill is how long messages of a killed redrive may stay in flight, on a busy machine.
const afterKill = 5 * time.Minute

// TestRedriveKilled kills the redrive function midway, ten times: nothing is
// lost.
func TestRedriveKilled(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	tasks := buryTasks(t, 400)
	function, queue := local.Outputs[redriveFunction], local.Outputs[recordQueue]
	for range 10 {
		before := size(t, queue)
		var done <-chan struct{}
		localtest.Await(t, afterKill, "some are redriven", func() bool {
			if done == nil || isClosed(done) { // it ends by itself while everything is hidden
				done = redriveSlowly(t, function)
			}
			return size(t, queue) < before
		})
		for _, pid := range local.Host.Sandboxes(function) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-done
	}
	if size(t, queue) == 0 {
		t.Fatal("nothing was left to lose")
	}
	localtest.Await(t, afterKill, "the rest is redriven, once it is visible again", func() bool {
		callRedrive(t, deadletter.Request{Queue: "record"})
		return size(t, local.Outputs[recordQueue]) == 0
	})
	for _, id := range tasks {
		if got := getItem(t, id); got.text("status") != "running" {
			t.Errorf("task %s is lost", id)
		}
	}
}

// redriveSlowly redrives record's queue in the background. The channel is closed when
// the invocation has ended, also if it was killed.
func redriveSlowly(t *testing.T, function string) <-chan struct{} {
	t.Helper()
	payload, err := json.Marshal(deadletter.Request{Queue: "record", RatePerSecond: 20})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: aws.String(function), Payload: payload,
		})
	}()
	return done
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
