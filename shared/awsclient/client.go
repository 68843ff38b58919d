// Package awsclient gives every AWS client of this project two properties that the SDK's
// defaults don't have: each request gets all of its attempts, however many failed before,
// and an answer that reports success without the operation's result is a transient failure.
package awsclient

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// attempts is how often a request is sent at most. The pauses are random, at most 2, 4 and
// 8 s ("Retry behavior" in the AWS SDKs and Tools Reference Guide). Four attempts outlast
// some seconds of failure. Longer failures are left to Lambda's retries, which cost nothing.
const attempts = 4

// Configure returns cfg for clients that retry as [NewRetryer] does, with four attempts in
// all, and refuse answers without their result. An operation that is not in the table of
// operations fails before it is sent.
//
// A RetryMaxAttempts in cfg takes precedence, such as a person's AWS_MAX_ATTEMPTS.
func Configure(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer { return NewRetryer(attempts, retry.DefaultMaxBackoff) }
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), checkAnswers)
	return cfg
}

// NewRetryer returns a retryer that makes up to the given number of attempts of every
// request, pauses at most maxBackoff before each, and retries what the SDK retries anyway
// (throttling, server errors, broken connections), answers without their result, and
// errors with the given codes.
//
// Unlike the SDK's, it has no quota. The SDK's quota is 500 tokens for a client's life: a
// retry costs 5, and a success gives 1 back. After some hundred failed retries a warm
// sandbox would not retry any more, and a burst of failures of some requests would cost
// the others their retries. Bounded attempts and random pauses spare a service that is
// down.
func NewRetryer(attempts int, maxBackoff time.Duration, codes ...string) aws.Retryer {
	return retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = attempts, maxBackoff, ratelimit.None
	}), codes...)
}
