// Package reconciliation declares the reconcile function's request and response.
package reconciliation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Request is the reconcile function's event. The zero value compares the whole output bucket, and
// repairs nothing.
type Request struct {
	// Repair sends lost announcements to the record and deliver functions.
	Repair bool `json:"repair,omitempty"`
	// Restore also delivers objects again that the task table shows as delivered, but that are
	// no longer in the delivery bucket. The bucket's owner may have moved them.
	Restore bool `json:"restore,omitempty"`
	// Prefix limits the run to keys that begin with it.
	Prefix string `json:"prefix,omitempty"`
	// Since and Until limit the request to runs that ended at or after Since and before Until.
	// Zero means no limit. Without Until, reconcile doesn't repair runs that ended less than
	// [Settled] ago.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// LastHours is for the schedule. If it is not 0, it sets Since to that many hours before
	// Until, or before [Settled] ago, and the findings are also emitted as metrics.
	LastHours int `json:"lastHours,omitempty"`
	// Overdue is for the other schedule. The function then only counts the tasks that have been
	// queued or running for too long.
	Overdue bool `json:"overdue,omitempty"`
	// Outputs limits the run to these keys of raw outputs, at most [MaxOutputs]. Reconcile then
	// doesn't list the bucket.
	Outputs []string `json:"outputs,omitempty"`
	// Seconds is the number of seconds after which the function answers, even if it hasn't
	// compared everything; 0 means shortly before its timeout.
	Seconds int `json:"seconds,omitempty"`
	// RatePerSecond limits the invocations of functions; 0 means [DefaultRate].
	RatePerSecond float64 `json:"ratePerSecond,omitempty"`
	// Continue is More of the last answer to the same request.
	Continue []Range `json:"continue,omitempty"`
}

// Settled is how long ago a run must have ended, by default, for reconcile to repair it. Three
// attempts of deliver may take almost an hour, and a throttled announcement even longer.
const Settled = time.Hour

// MaxOutputs is the maximum number of outputs. That many keys of 1,024 bytes, S3's maximum, fit into
// Lambda's 6 MB ("Lambda quotas").
const MaxOutputs = 1000

// DefaultRate is the default number of invocations per second. A lost run takes two invocations, which
// use two write units. The status index allows 1,000 write units a second for completed tasks, so a
// repair leaves 60% of them to live traffic ("Designing partition keys", Amazon DynamoDB Developer
// Guide).
const DefaultRate = 400

// The lowest and the highest rate whose interval a timer keeps.
const minRate, maxRate = 0.001, 10_000

// Range is a range of keys in the output bucket, in the order of their bytes.
type Range struct {
	// After precedes the first key; "" means the beginning of the bucket.
	After string `json:"after,omitempty"`
	// To is the last possible key; "" means the end of the bucket.
	To string `json:"to,omitempty"`
}

// Parse parses a request. An unknown field or an impossible value is an error, because a mistyped
// condition must not repair everything.
func Parse(event []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(event))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("invalid request: %w (its fields are repair, restore, prefix, since, until, "+
			"lastHours, overdue, outputs, seconds, ratePerSecond, continue)", err)
	}
	return r, r.Validate()
}

// Validate returns an error for a value that is out of range, or for contradictory values.
func (r Request) Validate() error {
	switch {
	case r.LastHours < 0:
		return fmt.Errorf("invalid request: lastHours is %d, but must not be negative", r.LastHours)
	case r.Seconds < 0:
		return fmt.Errorf("invalid request: seconds is %d, but must not be negative", r.Seconds)
	case len(r.Outputs) > MaxOutputs:
		return fmt.Errorf("invalid request: it has %d outputs, but may have %d at most", len(r.Outputs), MaxOutputs)
	case r.RatePerSecond != 0 && (r.RatePerSecond < minRate || r.RatePerSecond > maxRate):
		return fmt.Errorf("invalid request: ratePerSecond is %v, but must be from %v to %v, or 0 for %d",
			r.RatePerSecond, minRate, maxRate, DefaultRate)
	}
	return r.contradiction()
}

func (r Request) contradiction() error {
	switch {
	case r.LastHours > 0 && !r.Since.IsZero():
		return errors.New("invalid request: use either since or lastHours, not both")
	case !r.Since.IsZero() && !r.Until.IsZero() && !r.Since.Before(r.Until):
		return errors.New("invalid request: since is not before until")
	case r.Restore && !r.Repair:
		return errors.New("invalid request: restore needs repair")
	case len(r.Outputs) > 0 && (r.Prefix != "" || len(r.Continue) > 0):
		return errors.New("invalid request: outputs cannot be combined with prefix or continue")
	}
	return nil
}
