// Package webhook lets the local SNS, which delivers only to queues, deliver to HTTP endpoints of this machine.
package webhook

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/loopback"
)

// maxBodyBytes is the longest request: a message of 256 KB, percent-encoded.
const maxBodyBytes = 1 << 20

// Handler stands in front of an SNS server. It subscribes a queue in place of an endpoint that asks for http or https,
// and delivers what the queue gets once the endpoint has confirmed the subscription ("Subscribing an HTTP/S endpoint to
// a topic" in the Amazon SNS Developer Guide).
type Handler struct {
	// Server is the SNS server.
	Server http.Handler
	SQS    *sqs.Client
	// QueueARN is the ARN of a queue of this name.
	QueueARN func(name string) string

	running   context.Context
	stop      context.CancelFunc
	endpoints sync.WaitGroup
	tokens    sync.Map // the channels to close for confirmation, by token
}

// New starts a handler. The caller must close it.
func New(server http.Handler, client *sqs.Client, queueARN func(name string) string) *Handler {
	h := &Handler{Server: server, SQS: client, QueueARN: queueARN}
	h.running, h.stop = context.WithCancel(context.Background())
	return h
}

// Close ends all deliveries.
func (h *Handler) Close() error {
	h.stop()
	h.endpoints.Wait()
	return nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if IsConfirmation(r) {
		h.confirm(w, r.URL.Query().Get("Token"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	form, _ := url.ParseQuery(string(body)) // of what is not a form, nothing is asked here
	protocol := form.Get("Protocol")
	if form.Get("Action") == "Subscribe" && (protocol == "http" || protocol == "https") {
		h.subscribe(w, r, form)
		return
	}
	h.forward(w, r, body)
}

// IsConfirmation reports whether a request confirms a subscription. It needs no credentials: it has the token that the
// endpoint was sent.
func IsConfirmation(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Query().Get("Action") == "ConfirmSubscription"
}

func (h *Handler) forward(w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	h.Server.ServeHTTP(w, r)
}

// subscribe subscribes a queue, and starts to deliver from it.
func (h *Handler) subscribe(w http.ResponseWriter, r *http.Request, form url.Values) {
	target, err := url.Parse(form.Get("Endpoint"))
	if err != nil || !isLoopback(target.Hostname()) {
		refuse(w, fmt.Sprintf("Invalid parameter: Endpoint: the local stack delivers to this machine only: it must be a URL "+
			"such as http://127.0.0.1:8080/, but is %q", form.Get("Endpoint")))
		return
	}
	name := "webhook-" + strings.ToLower(rand.Text())
	queue, err := h.SQS.CreateQueue(r.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(name), Attributes: map[string]string{"VisibilityTimeout": retrySeconds},
	})
	if err != nil {
		refuse(w, "create a queue for the endpoint: "+err.Error())
		return
	}
	form.Set("Protocol", "sqs")
	form.Set("Endpoint", h.QueueARN(name))
	answer := httptest.NewRecorder()
	h.forward(answer, r, []byte(form.Encode()))
	if answer.Code == http.StatusOK {
		d := delivery{client: h.SQS, queueURL: queue.QueueUrl, endpoint: target.String(), topicARN: form.Get("TopicArn"),
			confirmURL: "http://" + r.Host + "/", token: rand.Text(), confirmed: make(chan struct{})}
		h.tokens.Store(d.token, d.confirmed)
		h.endpoints.Go(func() { d.run(h.running) })
	}
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // the client may be gone
}

// confirm lets the deliveries of a subscription begin.
func (h *Handler) confirm(w http.ResponseWriter, token string) {
	confirmed, ok := h.tokens.LoadAndDelete(token)
	if !ok {
		refuse(w, "Invalid parameter: Token")
		return
	}
	close(confirmed.(chan struct{}))
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, "<ConfirmSubscriptionResponse/>")
}

func refuse(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(loopback.ErrorResponse("InvalidParameter", message))
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
