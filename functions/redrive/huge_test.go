package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/dlq"
	"sdtasktracker/shared/invocation"
)

// lettersVariable is how many dead letters a huge queue has.
const lettersVariable = "CHAOS_LETTERS"

// roundTrip is what a request to AWS takes.
const roundTrip = 15 * time.Millisecond

// TestHugeQueue works on a queue where letters must stay hidden for longer than
// SQS first hides them: each is received once, and all are visible afterwards.
// CHAOS_LETTERS=100000 tests it at SQS's limits.
func TestHugeQueue(t *testing.T) {
	letters := 3_000
	if value := os.Getenv(lettersVariable); value != "" {
		var err error
		if letters, err = strconv.Atoi(value); err != nil {
			t.Fatalf("%s: %v", lettersVariable, err)
		}
	}
	queues := localtest.Queues(t)
	queue := queues.Create(t, "huge")
	fill(t, queues.SQS, queue, letters)
	bootstrap := localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function")
	functions := localtest.Functions(t, lambdahost.Function{Name: "f", Bootstrap: bootstrap})
	handler := &Handler{
		SQS: dlq.NewClient(
			localtest.Config(queues.Proxy.URL),
		),
		Invoker: &invocation.Invoker{
			Client:    functions.Client,
			Functions: map[string]string{"record": "f", "deliver": "f"},
		},
		Queues: map[deadletter.Queue]string{"record": queue},
		Log:    slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Now:    time.Now,
	}
	for _, test := range []struct {
		name, request string
		want          deadletter.Counts
		more          bool
	}{
		{"a dry run lists some", `{"dryRun":true}`, deadletter.Counts{Listed: 100, Left: letters}, true},
		{
			"a dry run counts all that match", `{"dryRun":true,"olderThan":"1ns"}`,
			deadletter.Counts{Listed: letters, Left: letters}, false,
		},
		{"conditions skip all", `{"taskId":"none"}`, deadletter.Counts{Skipped: letters, Left: letters}, false},
		{"all are redriven", `{}`, deadletter.Counts{Redriven: letters}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, proxy := range []*faultproxy.Proxy{queues.Proxy, functions.Proxy} {
				proxy.Reset()
				proxy.Inject(faultproxy.Fault{Do: faultproxy.Delay(roundTrip)})
			}
			start := time.Now()
			answer, err := handler.Handle(t.Context(), json.RawMessage(test.request))
			took := time.Since(start)
			if err != nil {
				t.Fatal(err)
			}
			got := *answer.Queues["record"]
			got.Errors = nil
			if fmt.Sprint(got) != fmt.Sprint(test.want) || answer.More != test.more {
				t.Errorf("got %+v, more: %t", got, answer.More)
			}
			seen := got.Listed + got.Skipped + got.Redriven
			t.Logf("%d of %d dead letters in %v: %.0f a second", seen, letters, took, float64(seen)/took.Seconds())
			checkRequests(t, queues.Proxy, seen, got.Redriven)
		})
	}
}

// checkRequests counts requests: each letter is received once, ten at a time,
// hidden again now and then, and made visible or deleted at the end.
func checkRequests(t *testing.T, proxy *faultproxy.Proxy, seen, redriven int) {
	t.Helper()
	counts := map[string]int{}
	for _, r := range proxy.Requests(nil) {
		counts[r.Operation]++
	}
	t.Logf("requests: %v", counts)
	const spare = 10 // the last receives of each receiver find less than ten
	if n := counts["ReceiveMessage"]; n > seen/10+spare {
		t.Errorf("%d requests receive %d letters", n, seen)
	}
	if n := counts["ChangeMessageVisibilityBatch"]; n > 4*seen/10+spare {
		t.Errorf("%d requests hide %d letters", n, seen)
	}
	if n := counts["DeleteMessageBatch"]; n > redriven || redriven > 0 && n == 0 || counts["DeleteMessage"] > 0 {
		t.Errorf("%d requests delete %d letters", n, redriven)
	}
}

// fill puts events in a queue.
func fill(t *testing.T, client *sqs.Client, queue string, letters int) {
	t.Helper()
	const senders = 8
	var sending sync.WaitGroup
	body := fmt.Sprintf(`{"Records":[{"EventSource":"aws:sns","Sns":{"Message":%q}}]}`, strings.Repeat("x", 500))
	for sender := range senders {
		sending.Go(func() {
			for n := sender * 10; n < letters; n += senders * 10 {
				var entries []types.SendMessageBatchRequestEntry
				for i := range min(10, letters-n) {
					entries = append(entries, types.SendMessageBatchRequestEntry{
						Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(body),
					})
				}
				batch := &sqs.SendMessageBatchInput{QueueUrl: aws.String(queue), Entries: entries}
				if _, err := client.SendMessageBatch(t.Context(), batch); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	sending.Wait()
}
