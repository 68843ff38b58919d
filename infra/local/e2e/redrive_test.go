package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/failure"
)

// queueOutputs are the stack's outputs that are the queues' URLs.
var queueOutputs = map[deadletter.Queue]string{
	deadletter.Record: "RecordDlqUrl", deadletter.Deliver: "DeliverDlqUrl",
	deadletter.RecordSubscription: "RecordSubscriptionDlqUrl", deadletter.DeliverSubscription: "DeliverSubscriptionDlqUrl",
}

// callRedrive invokes the redrive function as an operator does.
func callRedrive(t *testing.T, request deadletter.Request) deadletter.Answer {
	t.Helper()
	payload, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(local.Outputs["RedriveFunction"]), Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	if out.FunctionError != nil {
		t.Fatalf("redrive failed: %s", out.Payload)
	}
	var answer deadletter.Answer
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// purge empties every dead-letter queue: tests below count what is in them.
func purge(t *testing.T) {
	t.Helper()
	for _, output := range queueOutputs {
		if _, err := local.SQS().PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: aws.String(local.Outputs[output])}); err != nil {
			t.Fatal(err)
		}
	}
}

// size is how many messages a queue has, hidden ones included.
func size(t *testing.T, url string) int {
	t.Helper()
	names := []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}
	out, err := local.SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(url), AttributeNames: names})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range names {
		n, _ := strconv.Atoi(out.Attributes[string(name)])
		total += n
	}
	return total
}

// bury puts an event in a dead-letter queue, as Lambda would have.
func bury(t *testing.T, queue deadletter.Queue, body []byte, reason string) {
	t.Helper()
	_, err := local.SQS().SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(local.Outputs[queueOutputs[queue]]), MessageBody: aws.String(string(body)),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{"ErrorMessage": {DataType: aws.String("String"), StringValue: aws.String(reason)}}})
	if err != nil {
		t.Fatal(err)
	}
}

// buryTasks puts n announcements of new tasks in record's queue.
func buryTasks(t *testing.T, n int) []string {
	t.Helper()
	tasks := make([]string, n)
	for i := range tasks {
		tasks[i] = newID(t)
		bury(t, deadletter.Record, snsEvent(tasks[i], time.Now().Add(-time.Minute), running(tasks[i])), "the table was down")
	}
	return tasks
}

func TestRedrive(t *testing.T) {
	purge(t)
	t.Run("a dry run lists and leaves everything", func(t *testing.T) {
		defer purge(t)
		tasks := buryTasks(t, 3)
		for queues, request := range map[int]deadletter.Request{4: {DryRun: true}, 1: {DryRun: true, Queue: deadletter.Record}} {
			answer := callRedrive(t, request)
			counts := answer.Queues[deadletter.Record]
			if counts.Listed != 3 || counts.Left != 3 || len(answer.Letters) != 3 || answer.Letters[0].Error != "the table was down" {
				t.Errorf("got %+v, %+v", counts, answer)
			}
			if len(answer.Queues) != queues {
				t.Errorf("%d queues, want %d", len(answer.Queues), queues)
			}
		}
		if got := getItem(t, tasks[0]); got != nil {
			t.Errorf("a task was recorded: %v", got)
		}
	})
	t.Run("conditions choose", func(t *testing.T) {
		defer purge(t)
		tasks := buryTasks(t, 3)
		bury(t, deadletter.Record, snsEvent("m", time.Now(), "poison"), "invalid announcement")
		for name, test := range map[string]struct {
			request deadletter.Request
			listed  int
		}{
			"by task":              {deadletter.Request{TaskID: tasks[1]}, 1},
			"by error":             {deadletter.Request{ErrorContains: "table was"}, 3},
			"by age":               {deadletter.Request{OlderThan: deadletter.Duration(time.Hour)}, 0},
			"by queue":             {deadletter.Request{Queue: deadletter.Deliver}, 0},
			"at most":              {deadletter.Request{Queue: deadletter.Record, Max: 2}, 2},
			"by error and by task": {deadletter.Request{TaskID: tasks[1], ErrorContains: "invalid"}, 0},
		} {
			test.request.DryRun = true
			if test.request.Queue == "" { // an empty queue is waited for
				test.request.Queue = deadletter.Record
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
		answer := callRedrive(t, deadletter.Request{TaskID: tasks[1], Queue: deadletter.Record})
		if counts := answer.Queues[deadletter.Record]; counts.Redriven != 1 || counts.Skipped != 3 || counts.Left != 3 {
			t.Errorf("got %+v", counts)
		}
		awaitItem(t, tasks[1], "status", "running")
	})
	t.Run("what fails again stays, visible, with the reason", func(t *testing.T) {
		defer purge(t)
		bury(t, deadletter.Record, snsEvent("m", time.Now(), "poison"), "before")
		bury(t, deadletter.Record, []byte("no event"), "before")
		bury(t, deadletter.DeliverSubscription, []byte(`{"Type":"Notification"}`), "")
		for range 2 {
			answer := callRedrive(t, deadletter.Request{})
			counts := answer.Queues[deadletter.Record]
			if counts.Failed != 2 || counts.Left != 2 || !maps.Equal(counts.Errors, map[failure.Kind]int{"invalid": 1, "unreadable": 1}) {
				t.Errorf("got %+v", counts)
			}
			if counts := answer.Queues[deadletter.DeliverSubscription]; counts.Failed != 1 || counts.Left != 1 {
				t.Errorf("got %+v", counts)
			}
			reasons := fmt.Sprint(answer.Letters)
			for _, want := range []string{"message is not JSON", "neither an event nor"} {
				if !strings.Contains(reasons, want) {
					t.Errorf("the letters do not say %q: %s", want, reasons)
				}
			}
		}
	})
	t.Run("two at once share the work", func(t *testing.T) {
		defer purge(t)
		tasks := buryTasks(t, 60)
		proxies["DYNAMODB"].Reset()
		var both sync.WaitGroup
		answers := make([]deadletter.Answer, 2)
		for i := range answers {
			both.Go(func() { answers[i] = callRedrive(t, deadletter.Request{Queue: deadletter.Record}) })
		}
		both.Wait()
		if total := answers[0].Queues[deadletter.Record].Redriven + answers[1].Queues[deadletter.Record].Redriven; total != 60 {
			t.Errorf("%d redriven, want 60", total)
		}
		for _, id := range tasks {
			awaitItem(t, id, "status", "running")
		}
		if left := size(t, local.Outputs["RecordDlqUrl"]); left != 0 {
			t.Errorf("%d are left", left)
		}
	})
	t.Run("a rate is kept to", func(t *testing.T) {
		defer purge(t)
		buryTasks(t, 5)
		start := time.Now()
		answer := callRedrive(t, deadletter.Request{Queue: deadletter.Record, RatePerSecond: 5})
		if took := time.Since(start); answer.Queues[deadletter.Record].Redriven != 5 || took < time.Second {
			t.Errorf("%+v after %v", answer.Queues[deadletter.Record], took)
		}
	})
}

// TestRedriveKilled kills the redrive function midway, twenty times: nothing is
// lost.
func TestRedriveKilled(t *testing.T) {
	purge(t)
	defer purge(t)
	tasks := buryTasks(t, 400)
	function, queue := local.Outputs["RedriveFunction"], local.Outputs["RecordDlqUrl"]
	for range 20 {
		before := size(t, queue)
		done := make(chan struct{})
		go func() {
			defer close(done)
			payload, _ := json.Marshal(deadletter.Request{Queue: deadletter.Record, RatePerSecond: 100})
			// It is killed: its answer is an error.
			_, _ = local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(function), Payload: payload})
		}()
		await(t, "some are redriven", func() bool { return size(t, queue) < before })
		for _, pid := range local.Host.Sandboxes(function) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-done
	}
	if size(t, queue) == 0 {
		t.Fatal("nothing was left to lose")
	}
	await(t, "the rest is redriven, once it is visible again", func() bool {
		callRedrive(t, deadletter.Request{Queue: deadletter.Record})
		return size(t, local.Outputs["RecordDlqUrl"]) == 0
	})
	for _, id := range tasks {
		if got := getItem(t, id); got.text("status") != "running" {
			t.Errorf("task %s is lost", id)
		}
	}
}

// TestPoison sends what can never succeed: each ends in record's queue,
// unmodified, after exactly three attempts and with a helpful reason.
func TestPoison(t *testing.T) {
	for name, test := range map[string]struct{ message, want string }{
		"not JSON":        {"Hello!", "is not JSON"},
		"wrong shape":     {`{"id":["a"],"result":true}`, "id must be a string"},
		"256 KB of it":    {`{"id":"a","result":"` + strings.Repeat("é", 128<<10-20) + `"}`, "result must be true or false"},
		"an id of 3 KB":   {`{"id":"` + strings.Repeat("x", 3<<10) + `","result":true}`, "id has 3072 bytes"},
		"no id":           {`{"result":false}`, "id is missing"},
		"nested too deep": {`{"id":"a","result":true,"context":` + strings.Repeat(`[`, 20_000), "is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			messageID := newID(t)
			event := snsEvent(messageID, time.Now(), test.message)
			if err := send(t.Context(), "RecordFunction", event); err != nil {
				t.Fatal(err)
			}
			letter := awaitLetter(t, "RecordDlqUrl", messageID)
			if *letter.Body != string(event) {
				t.Error("the body is not the event")
			}
			if reason := attribute(letter, "ErrorMessage"); !strings.Contains(reason, test.want) || len(reason) > 1024 {
				t.Errorf("ErrorMessage is %q, want it to say %q", reason, test.want)
			}
			if lines := logLines(t, "RecordFunction", messageID); len(lines) != 3 || lines[2]["Invalid"] != 1.0 {
				t.Errorf("%d attempts", len(lines))
			}
		})
	}
}

// TestTableDownBriefly: retries recover, and nothing becomes a dead letter.
func TestTableDownBriefly(t *testing.T) {
	purge(t)
	defer proxies["DYNAMODB"].Reset()
	end := proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: faultproxy.Cut})
	up := time.AfterFunc(2*time.Second, end)
	defer up.Stop()
	var tasks []string
	for range 10 {
		id := newID(t)
		tasks = append(tasks, id)
		publish(t, running(id))
	}
	for _, id := range tasks {
		awaitItem(t, id, "status", "running")
	}
	if left := size(t, local.Outputs["RecordDlqUrl"]); left != 0 {
		t.Errorf("%d dead letters", left)
	}
}

// TestTableDownForGood: everything becomes a dead letter; once the table is
// back, a redrive loses and doubles nothing.
func TestTableDownForGood(t *testing.T) {
	purge(t)
	defer proxies["DYNAMODB"].Reset()
	end := proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: faultproxy.Cut})
	var tasks []string
	for range 8 {
		id := newID(t)
		tasks = append(tasks, id)
		publish(t, running(id))
	}
	awaitFor(t, 5*time.Minute, "all are dead letters", func() bool { return size(t, local.Outputs["RecordDlqUrl"]) == len(tasks) })
	end()
	proxies["DYNAMODB"].Reset()
	answer := callRedrive(t, deadletter.Request{Queue: deadletter.Record})
	if counts := answer.Queues[deadletter.Record]; counts.Redriven != len(tasks) || counts.Left != 0 {
		t.Errorf("got %+v, %+v", counts, answer.Letters)
	}
	for _, id := range tasks {
		if got := getItem(t, id); got.text("status") != "running" {
			t.Errorf("task %s is lost", id)
		}
	}
	if got := len(proxies["DYNAMODB"].Requests(nil)); got != len(tasks) {
		t.Errorf("%d requests for %d dead letters", got, len(tasks))
	}
}

// TestCrash: a function that dies at its work, every time.
func TestCrash(t *testing.T) {
	purge(t)
	defer proxies["DYNAMODB"].Reset()
	end := proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: killing("RecordFunction", syscall.SIGKILL)})
	id := newID(t)
	publish(t, running(id))
	await(t, "there is a dead letter", func() bool { return size(t, local.Outputs["RecordDlqUrl"]) == 1 })
	end()
	listed := callRedrive(t, deadletter.Request{DryRun: true, Queue: deadletter.Record}).Letters
	if len(listed) != 1 || listed[0].TaskID != id || !strings.Contains(listed[0].Error, "Runtime exited") {
		t.Errorf("got %+v", listed)
	}
	if counts := callRedrive(t, deadletter.Request{Queue: deadletter.Record}).Queues[deadletter.Record]; counts.Redriven != 1 {
		t.Errorf("got %+v", counts)
	}
	awaitItem(t, id, "status", "running")
}

// TestTimeout: a function that hangs is killed when its time is over, and the
// next attempt succeeds.
func TestTimeout(t *testing.T) {
	t.Parallel() // with six gigabytes, which take longer still
	purge(t)
	defer proxies["DYNAMODB"].Reset()
	proxies["DYNAMODB"].Inject(faultproxy.Fault{Times: 1, Do: killing("RecordFunction", syscall.SIGSTOP)})
	id := newID(t)
	start := time.Now()
	publish(t, running(id))
	awaitItem(t, id, "status", "running")
	if took := time.Since(start); took < 25*time.Second {
		t.Errorf("it did not hang: recorded after %v", took)
	}
	if left := size(t, local.Outputs["RecordDlqUrl"]); left != 0 {
		t.Errorf("%d dead letters", left)
	}
}

// killing sends a signal to the function's sandboxes in place of an answer.
func killing(function string, signal syscall.Signal) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		for _, pid := range local.Host.Sandboxes(local.Outputs[function]) {
			_ = syscall.Kill(pid, signal)
		}
		faultproxy.Cut(w, r, forward)
	}
}

// TestSubscriptionRedrive: SNS can't reach the function; what it put aside is
// redriven as if it had.
func TestSubscriptionRedrive(t *testing.T) {
	purge(t)
	restore, err := local.Host.Forbid(local.Outputs["RecordFunction"], "sns.amazonaws.com", local.Outputs["TopicArn"])
	if err != nil {
		t.Fatal(err)
	}
	id := newID(t)
	messageID := publish(t, running(id))
	await(t, "SNS has put it aside", func() bool { return size(t, local.Outputs["RecordSubscriptionDlqUrl"]) == 1 })
	restore()
	answer := callRedrive(t, deadletter.Request{})
	if counts := answer.Queues[deadletter.RecordSubscription]; counts.Redriven != 1 || counts.Left != 0 {
		t.Errorf("got %+v, %v", counts, answer.Letters)
	}
	if got := awaitItem(t, id, "status", "running"); got.text("message_id") != messageID {
		t.Errorf("got %v", got)
	}
}
