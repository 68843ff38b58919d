// Package reconciliation declares the reconcile function's request and response.
package reconciliation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Request is the reconcile function's event. The zero value compares the whole
// output bucket, and repairs nothing.
type Request struct {
	// Repair hands what is missing to the functions; without it, the function
	// only looks.
	Repair bool `json:"repair,omitempty"`
	// Restore also delivers again what the task table says was delivered, and is
	// not in the delivery bucket any more. Its owner may have moved it.
	Restore bool `json:"restore,omitempty"`
	// Prefix limits the work to the objects whose keys begin so.
	Prefix string `json:"prefix,omitempty"`
	// Since and Until limit it to the runs that ended in between: at or after
	// Since, and before Until. Zero is no limit, and for Until, [Settled] ago.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// LastHours, the schedule's, is Since as a number of hours before Until; 0 if
	// Since counts. What such a request finds goes into the metrics, too.
	LastHours int `json:"lastHours,omitempty"`
	// Outputs are the keys of raw outputs, at most [MostOutputs]: only their
	// runs are looked at, and the bucket is not listed.
	Outputs []string `json:"outputs,omitempty"`
	// Seconds is after how long the function answers, even if there is more to look
	// at; 0 is when its time is over.
	Seconds int `json:"seconds,omitempty"`
	// RatePerSecond limits the invocations of functions started per second; 0 is
	// [DefaultRate].
	RatePerSecond float64 `json:"ratePerSecond,omitempty"`
	// Continue is the More of the answer to the same request before.
	Continue []Range `json:"continue,omitempty"`
}

// Settled is how long ago a run must have ended by default: Lambda retries a
// failed announcement for some minutes, and throttled ones for longer.
const Settled = time.Hour

// MostOutputs is the longest list of outputs: as many as fit, with keys of S3's
// 1,024 bytes, into Lambda's 6 MB ("Lambda quotas").
const MostOutputs = 1000

// DefaultRate is how many invocations are started per second, by default: a
// tenth of Lambda's default of 1,000 at once, if each takes a second.
const DefaultRate = 100

// The lowest and the highest rate, so that the time between two invocations is
// one that a timer can keep to.
const minRate, maxRate = 0.001, 10_000

// Range is a part of the output bucket, in the order of the keys' bytes.
type Range struct {
	// After comes before all of its keys; "" is the bucket's beginning.
	After string `json:"after,omitempty"`
	// To comes after all of its keys; "" is the bucket's end.
	To string `json:"to,omitempty"`
}

// Parse reads a request from JSON. An unknown field or an impossible value is an
// error: a mistyped condition must not repair everything.
func Parse(event []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(event))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("invalid request: %w (its fields are repair, restore, prefix, since, until, "+
			"lastHours, outputs, seconds, ratePerSecond, continue)", err)
	}
	return r, r.Validate()
}

// Validate reports a value that is out of range, and values that contradict each
// other.
func (r Request) Validate() error {
	switch {
	case r.LastHours < 0:
		return fmt.Errorf("invalid request: lastHours is %d: it must be positive", r.LastHours)
	case r.Seconds < 0:
		return fmt.Errorf("invalid request: seconds is %d: it must be positive", r.Seconds)
	case len(r.Outputs) > MostOutputs:
		return fmt.Errorf("invalid request: it has %d outputs: at most %d", len(r.Outputs), MostOutputs)
	case r.RatePerSecond != 0 && (r.RatePerSecond < minRate || r.RatePerSecond > maxRate):
		return fmt.Errorf("invalid request: ratePerSecond is %v: it must be from %v to %v, or 0 for %d",
			r.RatePerSecond, minRate, maxRate, DefaultRate)
	}
	return r.contradiction()
}

func (r Request) contradiction() error {
	switch {
	case r.LastHours > 0 && !r.Since.IsZero():
		return errors.New("invalid request: since and lastHours contradict each other")
	case !r.Since.IsZero() && !r.Until.IsZero() && !r.Since.Before(r.Until):
		return errors.New("invalid request: since is not before until")
	case r.Restore && !r.Repair:
		return errors.New("invalid request: restore needs repair")
	case len(r.Outputs) > 0 && (r.Prefix != "" || len(r.Continue) > 0):
		return errors.New("invalid request: outputs go with neither prefix nor continue")
	}
	return nil
}
