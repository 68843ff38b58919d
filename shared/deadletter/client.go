package deadletter

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	// longPoll is how long SQS waits for a letter before it answers that there
	// is none. A long poll asks all of SQS's servers, a short one only some.
	longPoll = time.Second
	// attemptTimeout ends an attempt whose connection has died: it is longer
	// than the long poll, and than an answer of ten megabytes takes.
	attemptTimeout = 20 * time.Second
)

// NewClient makes a client for reading dead-letter queues.
func NewClient(cfg aws.Config) *sqs.Client { return newClient(cfg, attemptTimeout) }

func newClient(cfg aws.Config, timeout time.Duration) *sqs.Client {
	return sqs.NewFromConfig(cfg, func(o *sqs.Options) {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(timeout).
			WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = inFlight + receivers + 1 })
	})
}
