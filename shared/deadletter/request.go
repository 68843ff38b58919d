// Package deadletter names the dead-letter queues, and declares the redrive
// function's request and answer.
package deadletter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"sdtasktracker/shared/failure"
)

// Request is the redrive function's event. The zero request redrives
// everything.
type Request struct {
	// Queue is the queue to work on; "" is all of them. The function refuses a
	// queue that it does not have.
	Queue Queue `json:"queue,omitempty"`
	// Max is how many dead letters to redrive, or to list, at most; 0 is as
	// many as there are, but see DryRun.
	Max int `json:"max,omitempty"`
	// DryRun lists what would be redriven and leaves it where it is. With a
	// condition it goes through whole queues and counts all that match; without
	// one, everything matches, and it stops once MaxLetters are listed.
	DryRun bool `json:"dryRun,omitempty"`
	// ErrorContains, TaskID and OlderThan choose dead letters: by a piece of
	// the error they failed with, by their task, by the time since they came
	// into the queue, a Go duration such as "10m".
	ErrorContains string   `json:"errorContains,omitempty"`
	TaskID        string   `json:"taskId,omitempty"`
	OlderThan     Duration `json:"olderThan,omitempty"`
	// RatePerSecond is how many functions are invoked a second at most; 0 is
	// as many as ten at a time make.
	RatePerSecond float64 `json:"ratePerSecond,omitempty"`
}

// Parse reads a request. A field it does not know is an error: a mistyped
// condition must not redrive everything.
func Parse(event []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(event))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("invalid request: %w (its fields are "+
			"queue, max, dryRun, errorContains, taskId, olderThan, ratePerSecond)", err)
	}
	switch {
	case r.Max < 0:
		return Request{}, fmt.Errorf("invalid request: max is %d: it must be positive, or 0 for no limit", r.Max)
	case r.RatePerSecond < 0:
		return Request{}, fmt.Errorf(
			"invalid request: ratePerSecond is %v: it must be positive, or 0 for no limit", r.RatePerSecond)
	case r.OlderThan < 0:
		return Request{}, fmt.Errorf("invalid request: olderThan is negative")
	}
	return r, nil
}

// HasConditions reports whether the request chooses among a queue's dead letters.
func (r Request) HasConditions() bool {
	return r.ErrorContains != "" || r.TaskID != "" || r.OlderThan > 0
}

// Limit is after how many dead letters the function stops; 0 is never.
func (r Request) Limit() int {
	if r.Max == 0 && r.DryRun && !r.HasConditions() {
		return MaxLetters
	}
	return r.Max
}

// Duration is a time.Duration that JSON spells "1h30m".
type Duration time.Duration

// MarshalJSON spells the duration as time.Duration does.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads what time.ParseDuration does.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration must be text such as %q", "10m")
	}
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err
}

// Answer is what the redrive function did.
type Answer struct {
	// Queues tell what became of each queue's dead letters.
	Queues map[Queue]*Counts `json:"queues"`
	// Letters are the dead letters listed in a dry run, or those that failed
	// again: the first MaxLetters.
	Letters []Letter `json:"letters,omitempty"`
	// More says that there may be dead letters that this call did not get to,
	// because its time or its maximum ran out, or because SQS hides no more of a
	// queue's messages at once: call again.
	More bool `json:"more"`
}

// MaxLetters bounds the details in an answer.
const MaxLetters = 100

// Counts are of dead letters.
type Counts struct {
	// Redriven succeeded and are gone from the queue.
	Redriven int `json:"redriven"`
	// Failed failed again and are still in the queue.
	Failed int `json:"failed"`
	// Listed match, in a dry run.
	Listed int `json:"listed,omitempty"`
	// Skipped do not match the request's conditions.
	Skipped int `json:"skipped,omitempty"`
	// Left is about how many are in the queue now, as SQS counts.
	Left int `json:"left"`
	// Errors count the failures by kind.
	Errors map[failure.Kind]int `json:"errors,omitempty"`
}

// Letter is one dead letter.
type Letter struct {
	Queue Queue `json:"queue"`
	// MessageID is the dead letter's own, in SQS.
	MessageID string `json:"messageId"`
	// SNSMessageID is the announcement's, as in the functions' logs; "" where
	// the dead letter does not tell.
	SNSMessageID string `json:"snsMessageId,omitempty"`
	// TaskID is "" where the message is no announcement.
	TaskID string   `json:"taskId,omitempty"`
	Age    Duration `json:"age"`
	// Error is why it failed: now, or before in a dry run.
	Error string `json:"error"`
}
