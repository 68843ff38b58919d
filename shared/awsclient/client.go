// Package awsclient configures the AWS clients of this project. They differ from the SDK's
// defaults in two ways. Each request has all of its attempts, no matter how many requests
// failed before. An answer that reports success but lacks the operation's result is a
// transient failure.
package awsclient

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// attempts is the maximum number of attempts of a request. The pauses between them are
// random, at most 2, 4 and 8 s ("Retry behavior" in the AWS SDKs and Tools Reference Guide).
// Four attempts outlast a failure of a few seconds. Lambda's retries handle longer failures
// at no cost.
const attempts = 4

// Configure returns a copy of cfg. Its clients make up to four attempts of each request,
// with the retryer of [NewRetryer], and retry an answer that lacks the operation's result.
// They refuse to send an operation that is not in the table in operations.go.
//
// cfg.RetryMaxAttempts, which AWS_MAX_ATTEMPTS may set, overrides the number of attempts.
func Configure(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer { return NewRetryer(attempts, retry.DefaultMaxBackoff) }
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), checkAnswers)
	return cfg
}

// NewRetryer returns a retryer with the given number of attempts for every request and a
// pause of at most maxBackoff between two of them. It retries what the SDK's standard mode
// retries (throttling, server errors, broken connections), answers that lack their result,
// and errors with the given codes.
//
// It has no retry quota. The SDK's quota is 500 tokens for the life of a client: a retry
// costs 5, and a success returns 1. After about a hundred failed retries a warm sandbox
// would stop retrying, and a burst of failures of some requests would use up the retries
// of the others. The limit on attempts and the random pauses protect a service that is down.
func NewRetryer(attempts int, maxBackoff time.Duration, codes ...string) aws.Retryer {
	return retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = attempts, maxBackoff, ratelimit.None
	}), codes...)
}
