package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	// retrySeconds is when a notification that an endpoint did not take is tried again. SNS waits 20 seconds.
	retrySeconds = "2"
	// maxAttempts is SNS's own for HTTP ("Creating an HTTP/S delivery policy" in the Amazon SNS Developer Guide).
	maxAttempts = 4
	// endpointTimeout is how long an endpoint may take to answer, SNS's own too.
	endpointTimeout = 15 * time.Second
)

const receiveCount = types.MessageSystemAttributeNameApproximateReceiveCount

// client follows no redirect, which may lead to another machine.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// delivery delivers what one subscription's queue gets to an endpoint.
type delivery struct {
	client            *sqs.Client
	queueURL          *string
	endpoint          string
	topicARN          string
	confirmURL, token string
	confirmed         chan struct{}
}

func (d delivery) run(ctx context.Context) {
	if err := d.askToConfirm(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "SNS to %s: it was not asked to confirm its subscription: %v\n", d.endpoint, err)
		return
	}
	select {
	case <-d.confirmed:
	case <-ctx.Done():
		return
	}
	for ctx.Err() == nil {
		received, err := d.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: d.queueURL, WaitTimeSeconds: 20, MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{receiveCount},
		})
		if err != nil {
			return // the stack ends
		}
		for _, message := range received.Messages {
			d.deliver(ctx, message)
		}
	}
}

// askToConfirm sends the message that asks the endpoint to confirm ("HTTP/HTTPS subscription confirmation JSON format"
// in the Amazon SNS Developer Guide).
func (d delivery) askToConfirm(ctx context.Context) error {
	query := url.Values{"Action": {"ConfirmSubscription"}, "TopicArn": {d.topicARN}, "Token": {d.token}}
	body, err := json.Marshal(map[string]string{
		"Type": "SubscriptionConfirmation", "MessageId": d.token, "Token": d.token, "TopicArn": d.topicARN,
		"Message":      "You have chosen to subscribe to the topic " + d.topicARN + ". To confirm, visit the SubscribeURL.",
		"SubscribeURL": d.confirmURL + "?" + query.Encode(), "Timestamp": time.Now().UTC().Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	return d.post(ctx, "SubscriptionConfirmation", string(body))
}

// deliver posts a notification. One that the endpoint does not take stays in the queue, up to maxAttempts.
func (d delivery) deliver(ctx context.Context, message types.Message) {
	err := d.post(ctx, "Notification", aws.ToString(message.Body))
	attempt, _ := strconv.Atoi(message.Attributes[string(receiveCount)]) // SQS writes numbers
	if err != nil && attempt < maxAttempts {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "SNS to %s: given up: %v\n", d.endpoint, err)
	}
	_, _ = d.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: d.queueURL, ReceiptHandle: message.ReceiptHandle})
}

func (d delivery) post(ctx context.Context, kind, body string) error {
	ctx, cancel := context.WithTimeout(ctx, endpointTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.endpoint, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	request.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	request.Header.Set("X-Amz-Sns-Message-Type", kind)
	request.Header.Set("X-Amz-Sns-Topic-Arn", d.topicARN)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxBodyBytes)) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode >= 300 {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
