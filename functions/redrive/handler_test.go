package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/invocation"
)

// newHandler works on one queue, with the function f in place of both.
func newHandler(sqs *sqs.Client, functions *lambda.Client, queue string) *Handler {
	return &Handler{
		SQS: sqs,
		Invoker: &invocation.Invoker{
			Client:    functions,
			Functions: map[string]string{"record": "f", "deliver": "f"},
		},
		Queues: map[deployment.Queue]string{"record": queue},
		Log:    slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Now:    time.Now,
	}
}

// TestStopsBeforeItsDeadline: a redrive that runs out of time answers before Lambda
// stops it, says that more is left, and leaves all dead letters visible.
func TestStopsBeforeItsDeadline(t *testing.T) {
	const letters = 100
	// The function hangs until its timeout kills it.
	bootstrap := localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function")
	hanging := lambdahost.Function{Name: "f", Bootstrap: bootstrap, Timeout: 500 * time.Millisecond}
	functions := localtest.Functions(t, hanging)
	queues := localtest.Queues(t)
	queue := queues.Create(t, "letters")
	for range letters {
		queues.Send(t, queue, `{"Records":[],"Do":"hang"}`)
	}
	handler := newHandler(queues.SQS, functions.Client, queue)
	invocation, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	answer, err := handler.Handle(invocation, json.RawMessage(`{"queue":"record"}`))
	if err != nil || invocation.Err() != nil {
		t.Fatalf("error is %v, the invocation's %v", err, invocation.Err())
	}
	counts := answer.Queues["record"]
	if !answer.More || counts.Redriven != 0 || counts.Left != letters {
		t.Errorf("got %+v, more: %t", counts, answer.More)
	}
	if counts.Failed == 0 || counts.Failed >= letters || counts.Errors["timeout"] != counts.Failed {
		t.Errorf("%d failed, with errors %v", counts.Failed, counts.Errors)
	}
	if visible := len(queues.Receive(t, queue)); visible != letters {
		t.Errorf("%d of %d dead letters are visible", visible, letters)
	}
}

// TestNotDeleted: a letter that SQS does not delete has been redriven, but stays.
func TestNotDeleted(t *testing.T) {
	bootstrap := localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function")
	functions := localtest.Functions(t, lambdahost.Function{Name: "f", Bootstrap: bootstrap})
	queues := localtest.Queues(t)
	queue := queues.Create(t, "letters")
	queues.Send(t, queue, `{"Records":[{"Sns":{"MessageId":"m"}}]}`)
	queues.Proxy.Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return r.Operation == "DeleteMessageBatch" },
		Do: func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			var batch struct{ Entries []struct{ ID string } }
			_ = json.NewDecoder(r.Body).Decode(&batch)
			faultproxy.Reply(http.StatusOK, "application/x-amz-json-1.0",
				`{"Failed":[{"Id":"`+batch.Entries[0].ID+`","Code":"InvalidIdFormat","SenderFault":true}]}`)(w, r, next)
		},
	})
	handler := newHandler(queues.SQS, functions.Client, queue)
	answer, err := handler.Handle(t.Context(), json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	counts := answer.Queues["record"]
	if counts.Redriven != 0 || counts.Failed != 1 || counts.Errors[failure.NotDeleted] != 1 || counts.Left != 1 {
		t.Errorf("got %+v", counts)
	}
	if len(answer.Letters) != 1 || answer.Letters[0].SNSMessageID != "m" {
		t.Errorf("got %+v", answer.Letters)
	}
}

// TestReserve: the reserve is enough to make all letters that SQS hides visible again, with ten in a request and ten
// requests at once, but is only a small part of an invocation.
func TestReserve(t *testing.T) {
	const letters, request = 120_000, 40 * time.Millisecond
	if need := letters / 10 / 10 * request; reserve < need || reserve > 2*need {
		t.Errorf("%v are left, want %v at least", reserve, need)
	}
}
