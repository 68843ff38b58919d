package stack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/loopback"
)

const (
	// maxBodyBytes is the maximum size of a request: a message of 256 KB, percent-encoded.
	maxBodyBytes = 1 << 20
	// retrySeconds is the delay before a retry of a failed delivery. SNS waits 20 seconds.
	retrySeconds = "2"
	// maxAttempts is SNS's default for HTTP ("Creating an HTTP/S delivery policy" in the Amazon SNS Developer Guide).
	maxAttempts = 4
	// endpointTimeout is how long an endpoint may take to answer: the same as SNS's.
	endpointTimeout = 15 * time.Second

	receiveCount = types.MessageSystemAttributeNameApproximateReceiveCount
)

// webhooks is a proxy of the local SNS, which delivers only to queues. For a subscription with the protocol http or
// https, it subscribes a queue, and posts the queue's messages to the endpoint once the endpoint has confirmed the
// subscription ("Subscribing an HTTP/S endpoint to a topic" in the Amazon SNS Developer Guide).
type webhooks struct {
	stack  *Stack
	server http.Handler
	tokens sync.Map // func() that begins the deliveries, by token
}

func (h *webhooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A confirmation needs no credentials: it has the token that the endpoint was sent.
	if r.Method == http.MethodGet && r.URL.Query().Get("Action") == "ConfirmSubscription" {
		h.confirm(w, r.URL.Query().Get("Token"))
		return
	}
	loopback.RequireCredentials(h.stack.options.AccessKey, http.HandlerFunc(h.serveSigned)).ServeHTTP(w, r)
}

func (h *webhooks) serveSigned(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	form, _ := url.ParseQuery(string(body)) // a body that is not a form is not a subscription
	protocol := form.Get("Protocol")
	if form.Get("Action") == "Subscribe" && (protocol == "http" || protocol == "https") {
		h.subscribe(w, r, form)
		return
	}
	h.pass(w, r, body)
}

func (h *webhooks) pass(w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	h.server.ServeHTTP(w, r)
}

// subscribe subscribes a queue, and asks the endpoint to confirm.
func (h *webhooks) subscribe(w http.ResponseWriter, r *http.Request, form url.Values) {
	target, err := url.Parse(form.Get("Endpoint"))
	if err != nil || !loopback.IsThisMachine(target.Host) {
		refuse(w, fmt.Sprintf("Invalid parameter: Endpoint: the local stack delivers to this machine only: it must be a URL "+
			"such as http://127.0.0.1:8080/, but is %q", form.Get("Endpoint")))
		return
	}
	name := "webhook-" + strings.ToLower(rand.Text())
	queue, err := h.stack.SQS().CreateQueue(r.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(name), Attributes: map[string]string{"VisibilityTimeout": retrySeconds},
	})
	if err != nil {
		refuse(w, "create a queue for the endpoint: "+err.Error())
		return
	}
	form.Set("Protocol", "sqs")
	form.Set("Endpoint", h.stack.QueueARN(name))
	answer := httptest.NewRecorder()
	h.pass(answer, r, []byte(form.Encode()))
	if answer.Code == http.StatusOK {
		hook, token := webhook{target.String(), form.Get("TopicArn")}, rand.Text()
		h.tokens.Store(token, func() { h.stack.forward(*queue.QueueUrl, hook.endpoint, hook.deliver) })
		h.stack.bridging.Go(func() { hook.askToConfirm(h.stack.running, "http://"+r.Host+"/", token) })
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the client may be gone
}

// confirm starts the deliveries of a subscription.
func (h *webhooks) confirm(w http.ResponseWriter, token string) {
	begin, ok := h.tokens.LoadAndDelete(token)
	if !ok {
		refuse(w, "Invalid parameter: Token")
		return
	}
	begin.(func())()
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, "<ConfirmSubscriptionResponse/>")
}

func refuse(w http.ResponseWriter, message string) {
	loopback.QueryError(w, http.StatusBadRequest, "InvalidParameter", message)
}

// webhook is an endpoint that gets a topic's messages.
type webhook struct{ endpoint, topicARN string }

// askToConfirm sends the message that asks the endpoint to confirm ("HTTP/HTTPS subscription confirmation JSON format"
// in the Amazon SNS Developer Guide).
func (h webhook) askToConfirm(ctx context.Context, confirmURL, token string) {
	query := url.Values{"Action": {"ConfirmSubscription"}, "TopicArn": {h.topicARN}, "Token": {token}}
	body, _ := json.Marshal(map[string]string{ // strings always encode
		"Type": "SubscriptionConfirmation", "MessageId": token, "Token": token, "TopicArn": h.topicARN,
		"Message":      "You have chosen to subscribe to the topic " + h.topicARN + ". To confirm, visit the SubscribeURL.",
		"SubscribeURL": confirmURL + "?" + query.Encode(), "Timestamp": time.Now().UTC().Format(time.RFC3339),
	})
	if err := h.post(ctx, "SubscriptionConfirmation", body); err != nil {
		fmt.Fprintf(os.Stderr, "SNS to %s: could not ask it to confirm its subscription: %v\n", h.endpoint, err)
	}
}

// deliver posts a notification. After maxAttempts failures, the notification is lost.
func (h webhook) deliver(ctx context.Context, message types.Message) error {
	err := h.post(ctx, "Notification", []byte(*message.Body))
	attempt, _ := strconv.Atoi(message.Attributes[string(receiveCount)]) // SQS writes numbers
	if err != nil && attempt >= maxAttempts {
		fmt.Fprintf(os.Stderr, "SNS to %s: gave up: %v\n", h.endpoint, err)
		return nil
	}
	return err
}

// client follows no redirects, which may lead to another machine.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (h webhook) post(ctx context.Context, kind string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, endpointTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	request.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	request.Header.Set("X-Amz-Sns-Message-Type", kind)
	request.Header.Set("X-Amz-Sns-Topic-Arn", h.topicARN)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode >= 300 {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
