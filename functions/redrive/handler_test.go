package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/shared/deadletter"
)

// TestStopsBeforeItsDeadline: a redrive that can't get through in its time
// answers in time, says that there is more, and leaves everything visible.
func TestStopsBeforeItsDeadline(t *testing.T) {
	const letters = 100
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bootstrap, "./infra/local/lambdahost/testdata/function")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	host := lambdahost.New(time.Second, nil)
	defer host.Close()
	host.Add(lambdahost.Function{Name: "f", Bootstrap: bootstrap, Timeout: 500 * time.Millisecond, Log: io.Discard})
	api := httptest.NewServer(host.API())
	defer api.Close()
	server, err := node.Start(t.Context(), root, "us-east-1", node.Messaging)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	key := credentials.NewStaticCredentialsProvider("a", "b", "")
	client := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URLs[node.Messaging]), Credentials: key})
	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("letters")})
	if err != nil {
		t.Fatal(err)
	}
	for range letters {
		// The function hangs until its timeout kills it.
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String(`{"Records":[],"Do":"hang"}`)}); err != nil {
			t.Fatal(err)
		}
	}
	handler := &Handler{
		SQS:       client,
		Lambda:    lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: aws.String(api.URL), Credentials: key}),
		Functions: map[string]string{"record": "f"}, Queues: map[deadletter.Queue]string{"record": *queue.QueueUrl},
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: time.Now,
	}
	invocation, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	answer, err := handler.Handle(invocation, json.RawMessage(`{"queue":"record"}`))
	if err != nil || invocation.Err() != nil {
		t.Fatalf("error is %v, the invocation's %v", err, invocation.Err())
	}
	counts := answer.Queues["record"]
	if !answer.More || counts.Redriven != 0 || counts.Failed == 0 || counts.Failed >= letters || counts.Left != letters || counts.Errors["timeout"] != counts.Failed {
		t.Errorf("got %+v, more: %t", counts, answer.More)
	}
	visible := 0
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			break
		}
		visible += len(out.Messages)
	}
	if visible != letters {
		t.Errorf("%d of %d dead letters are visible", visible, letters)
	}
}
