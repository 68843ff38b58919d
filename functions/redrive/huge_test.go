package main

import (
	"encoding/json"
	"fmt"
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
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/deadletter"
)

// lettersVariable is how many dead letters a huge queue has.
const lettersVariable = "CHAOS_LETTERS"

// roundTrip is what a request to AWS takes.
const roundTrip = 15 * time.Millisecond

// hugeQueue is a queue with letters, a handler that works on it, and what is between
// the handler and the servers.
func hugeQueue(t testing.TB, letters int) (handler *Handler, queues, functions *faultproxy.Proxy) {
	t.Helper()
	messaging := localtest.Queues(t)
	queue := messaging.Create(t, "huge")
	fill(t, messaging.SQS, queue, letters)
	lambda := localtest.Functions(t, lambdahost.Function{
		Name: "f", Bootstrap: localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function")})
	client := deadletter.NewClient(awsclient.Configure(localtest.Config(messaging.Proxy.URL)))
	return newHandler(client, lambda.Client, queue), messaging.Proxy, lambda.Proxy
}

// delay makes every request from now on take a round trip.
func delay(proxies ...*faultproxy.Proxy) {
	for _, proxy := range proxies {
		proxy.Reset()
		proxy.Inject(faultproxy.Fault{Do: faultproxy.Delay(roundTrip)})
	}
}

// BenchmarkRedrive redrives a queue whose letters need two functions each. The
// functions' own time allows one letter in two round trips, in each of the places.
func BenchmarkRedrive(b *testing.B) {
	const letters = 5_000
	for b.Loop() {
		b.StopTimer()
		handler, queues, functions := hugeQueue(b, letters)
		delay(queues, functions)
		b.StartTimer()
		start := time.Now()
		answer, err := handler.Handle(b.Context(), json.RawMessage(`{}`))
		took := time.Since(start)
		if err != nil || answer.Queues["record"].Redriven != letters {
			b.Fatalf("%+v, %v", answer, err)
		}
		b.ReportMetric(letters/took.Seconds(), "letters/s")
		b.ReportMetric(handlers/(2*roundTrip.Seconds()), "ceiling/s")
		b.ReportMetric(float64(len(queues.Requests(nil)))/letters, "SQS-requests/letter")
	}
}

// TestHugeQueue works on a queue where letters must stay hidden for longer than
// SQS first hides them: each is received once, and all are visible afterwards.
// CHAOS_LETTERS=100000 tests it at SQS's limits.
func TestHugeQueue(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it fills a queue with thousands of dead letters")
	}
	letters := 1_200
	if value := os.Getenv(lettersVariable); value != "" {
		var err error
		if letters, err = strconv.Atoi(value); err != nil {
			t.Fatalf("%s: %v", lettersVariable, err)
		}
	}
	handler, queues, functions := hugeQueue(t, letters)
	for _, test := range []struct {
		name, request string
		want          deadletter.Counts
		more          bool
	}{
		{"OKListsSome", `{"dryRun":true}`, deadletter.Counts{Listed: deadletter.MaxLetters, Left: letters}, true},
		{
			"OKCountsAll", `{"dryRun":true,"olderThan":"1ns"}`,
			deadletter.Counts{Listed: letters, Left: letters}, false,
		},
		{"OKSkipsAll", `{"taskId":"none"}`, deadletter.Counts{Skipped: letters, Left: letters}, false},
		{"OKRedrivesAll", `{}`, deadletter.Counts{Redriven: letters}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			delay(queues, functions)
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
			checkRequests(t, queues, seen, got.Redriven)
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
func fill(t testing.TB, client *sqs.Client, queue string, letters int) {
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
