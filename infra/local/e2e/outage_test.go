package e2e

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// TestPoison sends messages that can never succeed: each ends in record's queue,
// unmodified, after exactly three attempts and with a helpful reason.
func TestPoison(t *testing.T) {
	start(t)
	for name, test := range map[string]struct{ message, want string }{
		"not JSON":        {"Hello!", "is not JSON"},
		"wrong shape":     {`{"id":["a"],"result":true}`, "id must be a string, a number"},
		"256 KB of it":    {`{"id":"a","result":"` + strings.Repeat("é", 128<<10-20) + `"}`, "result must be true or false"},
		"an id of 3 KB":   {`{"id":"` + strings.Repeat("x", 3<<10) + `","result":true}`, "id has 3072 bytes"},
		"no id":           {`{"result":false}`, "id is missing"},
		"nested too deep": {`{"id":"a","result":true,"context":` + strings.Repeat(`[`, 20_000), "is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			messageID := newID(t)
			event := snsEvent(messageID, time.Now(), test.message)
			if err := send(t.Context(), recordFunction, event); err != nil {
				t.Fatal(err)
			}
			letter := awaitLetter(t, recordQueue, messageID)
			if *letter.Body != string(event) {
				t.Error("the body is not the event")
			}
			if reason := attribute(letter, "ErrorMessage"); !strings.Contains(reason, test.want) || len(reason) > 1024 {
				t.Errorf("ErrorMessage is %q, want it to say %q", reason, test.want)
			}
			if lines := logLines(t, recordFunction, messageID); len(lines) != 3 || lines[2]["Invalid"] != 1.0 {
				t.Errorf("%d attempts", len(lines))
			}
		})
	}
}

// TestPoisonIsOneLetter: deliver ignores invalid messages, so that only record's dead
// letter remains.
func TestPoisonIsOneLetter(t *testing.T) {
	start(t)
	purge(t)
	messageID := publish(t, "Hello!")
	awaitLetter(t, recordQueue, messageID)
	await(t, "deliver logs the message", func() bool {
		lines := logLines(t, deliverFunction, messageID)
		return len(lines) == 1 && lines[0]["outcome"] == "not_understood" && lines[0]["NotUnderstood"] == 1.0
	})
	if left := size(t, local.Outputs[deployment.FailedEvents("deliver").Output()]); left != 0 {
		t.Errorf("deliver has %d dead letters", left)
	}
}

// TestTableDownBriefly: retries recover, and nothing becomes a dead letter.
func TestTableDownBriefly(t *testing.T) {
	start(t)
	purge(t)
	end := proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: faultproxy.Cut})
	up := time.AfterFunc(200*time.Millisecond, end)
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
	if left := size(t, local.Outputs[recordQueue]); left != 0 {
		t.Errorf("%d dead letters", left)
	}
}

// TestTableDownForGood: every event becomes a dead letter. Once the table is back, a
// redrive processes each exactly once.
func TestTableDownForGood(t *testing.T) {
	start(t)
	purge(t)
	end := proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: faultproxy.Cut})
	var tasks []string
	for range 8 {
		id := newID(t)
		tasks = append(tasks, id)
		publish(t, running(id))
	}
	localtest.Await(t, 5*time.Minute, "all are dead letters", func() bool {
		return size(t, local.Outputs[recordQueue]) == len(tasks)
	})
	end()
	proxies["DYNAMODB"].Reset()
	answer := callRedrive(t, deadletter.Request{Queue: "record"})
	if counts := answer.Queues["record"]; counts.Redriven != len(tasks) || counts.Left != 0 {
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

// TestTableThrottles: the SDK retries transient failures.
func TestTableThrottles(t *testing.T) {
	start(t)
	proxies["DYNAMODB"].Inject(faultproxy.Fault{Times: 2, Do: faultproxy.Reply(400, "application/x-amz-json-1.0",
		`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`)})
	id := newID(t)
	publish(t, running(id))
	awaitItem(t, id, "status", "running")
	if line := awaitLine(t, recordFunction, id); line["outcome"] != "recorded" {
		t.Errorf("the log has %v", line)
	}
}

// TestCrash: a function crashes in every attempt.
func TestCrash(t *testing.T) {
	start(t)
	purge(t)
	end := proxies["DYNAMODB"].Inject(faultproxy.Fault{Do: killing(recordFunction, syscall.SIGKILL)})
	id := newID(t)
	publish(t, running(id))
	await(t, "there is a dead letter", func() bool { return size(t, local.Outputs[recordQueue]) == 1 })
	end()
	listed := callRedrive(t, deadletter.Request{DryRun: true, Queue: "record"}).Letters
	if len(listed) != 1 || listed[0].TaskID != id || !strings.Contains(listed[0].Error, "Runtime exited") {
		t.Errorf("got %+v", listed)
	}
	counts := callRedrive(t, deadletter.Request{Queue: "record"}).Queues["record"]
	if counts.Redriven != 1 {
		t.Errorf("got %+v", counts)
	}
	awaitItem(t, id, "status", "running")
}

// TestTimeout: a function that hangs is killed at its timeout, and the next attempt
// succeeds. The timeout is shorter than in the template.
func TestTimeout(t *testing.T) {
	const timeout = 3 * time.Second
	table := localtest.Table(t)
	host := localtest.Functions(t, lambdahost.Function{
		Bootstrap: localtest.Bootstrap(t, "functions/record"), Timeout: timeout, MaxRetries: 2,
		Environment: map[string]string{
			"TASK_TABLE": table.Name, "METRIC_NAMESPACE": "test", "AWS_ENDPOINT_URL_DYNAMODB": table.Proxy.URL,
		},
	}).Host
	table.Proxy.Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return r.Operation == "UpdateItem" }, Times: 1,
		Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			for _, pid := range host.Sandboxes("record") {
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
			faultproxy.Cut(w, r, forward)
		},
	})
	start := time.Now()
	if err := host.InvokeAsync("record", "request", withoutImages("task")); err != nil {
		t.Fatal(err)
	}
	tasks := tasktable.Table{Client: table.Client, Name: table.Name}
	await(t, "the task is recorded", func() bool {
		_, err := tasks.Get(t.Context(), "task")
		return err == nil
	})
	if took := time.Since(start); took < timeout {
		t.Errorf("it did not hang: recorded after %v", took)
	}
	await(t, "the event is dealt with", func() bool { return host.Pending() == 0 })
}

// TestSubscriptionRedrive: SNS may not invoke the function. The message goes to the
// subscription's dead-letter queue, and a redrive records it.
func TestSubscriptionRedrive(t *testing.T) {
	start(t)
	purge(t)
	restore := forbid(recordFunction)
	id := newID(t)
	messageID := publish(t, running(id))
	await(t, "SNS has sent it to the dead-letter queue", func() bool {
		return size(t, local.Outputs[recordSubscriptionQueue]) == 1
	})
	restore()
	answer := callRedrive(t, deadletter.Request{})
	if counts := answer.Queues["record-subscription"]; counts.Redriven != 1 || counts.Left != 0 {
		t.Errorf("got %+v, %v", counts, answer.Letters)
	}
	if got := awaitItem(t, id, "status", "running"); got.text("message_id") != messageID {
		t.Errorf("got %v", got)
	}
}
