package deadletter

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	// longPoll is how long SQS waits for a letter before it answers without one.
	// A long poll asks all of SQS's servers, and a short poll only some of them.
	longPoll = time.Second
	// attemptTimeout ends an attempt on a dead connection. It leaves time for the
	// long poll and for an answer of ten megabytes.
	attemptTimeout = 20 * time.Second
)

// NewClient returns a client for reading dead-letter queues.
func NewClient(cfg aws.Config) *sqs.Client { return newClient(cfg, attemptTimeout) }

func newClient(cfg aws.Config, timeout time.Duration) *sqs.Client {
	return sqs.NewFromConfig(cfg, func(o *sqs.Options) {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(timeout).
			WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = inFlight + receivers + 1 })
	})
}
