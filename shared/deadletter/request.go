package deadletter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sdtasktracker/shared/deployment"
)

// Request is the redrive function's event. The zero value redrives everything.
type Request struct {
	// Queue is the queue to redrive; "" means all queues. The function rejects
	// an unknown queue.
	Queue deployment.Queue `json:"queue,omitempty"`
	// Max is the maximum number of dead letters to redrive or to list; 0 means
	// no limit, but see DryRun.
	Max int `json:"max,omitempty"`
	// DryRun lists dead letters and leaves them in the queue. With a condition,
	// it reads whole queues and counts all matches. Without a condition, it stops
	// once MaxLetters are listed.
	DryRun bool `json:"dryRun,omitempty"`
	// ErrorContains, TaskID and OlderThan select dead letters: by a substring
	// of their error, by task, and by their time in the queue, a Go duration such
	// as "10m". "" or 0 selects all.
	ErrorContains string   `json:"errorContains,omitempty"`
	TaskID        string   `json:"taskId,omitempty"`
	OlderThan     Duration `json:"olderThan,omitempty"`
	// RatePerSecond limits the invocations started per second; 0 means that only
	// the limit of ten concurrent invocations applies.
	RatePerSecond float64 `json:"ratePerSecond,omitempty"`
}

// ParseRequest parses a request. An unknown field or a negative number is an error,
// because a mistyped condition must not redrive everything.
func ParseRequest(event []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(event))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("invalid request: %w (its fields are "+
			"queue, max, dryRun, errorContains, taskId, olderThan, ratePerSecond)", err)
	}
	if err := r.Validate(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// The lowest and the highest rate whose interval a timer keeps.
const minRate, maxRate = 0.001, 10_000

// Validate returns an error for a value that is out of range.
func (r Request) Validate() error {
	switch {
	case r.Max < 0:
		return fmt.Errorf("invalid request: max is %d: it must be positive, or 0 for no limit", r.Max)
	case r.RatePerSecond != 0 && (r.RatePerSecond < minRate || r.RatePerSecond > maxRate):
		return fmt.Errorf("invalid request: ratePerSecond is %v: it must be from %v to %v, or 0 for no limit",
			r.RatePerSecond, minRate, maxRate)
	case r.OlderThan < 0:
		return errors.New("invalid request: olderThan is negative")
	}
	return nil
}

// HasConditions reports whether the request selects some of a queue's dead letters.
func (r Request) HasConditions() bool {
	return r.ErrorContains != "" || r.TaskID != "" || r.OlderThan > 0
}

// Limit returns the number of dead letters after which the function stops; 0 means no
// limit.
func (r Request) Limit() int {
	if r.Max == 0 && r.DryRun && !r.HasConditions() {
		return MaxLetters
	}
	return r.Max
}

// Duration is a time.Duration whose JSON is a string such as "1h30m".
type Duration time.Duration

// MarshalJSON writes the duration in the format of [time.Duration.String].
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a string in the format of [time.ParseDuration].
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration must be a string such as %q", "10m")
	}
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err
}
