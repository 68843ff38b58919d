package deadletter

import (
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
)

// Answer is the redrive function's response.
type Answer struct {
	// Queues reports the outcome for each queue's dead letters.
	Queues map[deployment.Queue]*Counts `json:"queues"`
	// Letters has the first MaxLetters dead letters that a dry run lists, or
	// that failed again.
	Letters []Summary `json:"letters,omitempty"`
	// Throttled is how many invocations Lambda throttled. They were retried, and
	// are not failures.
	Throttled int `json:"throttled,omitempty"`
	// More says that there may be dead letters that this call did not get to,
	// because its time or its maximum ran out, or because SQS hides no more of a
	// queue's messages at once: call again.
	More bool `json:"more"`
}

// MaxLetters is the largest number of dead letters in an [Answer], and MaxError the largest number of bytes of an
// error there, so that the answer fits into Lambda's 6 MB ("Lambda quotas").
const (
	MaxLetters = 1000
	MaxError   = 1024
)

// Counts are numbers of dead letters.
type Counts struct {
	// Redriven is how many succeeded and were deleted from the queue.
	Redriven int `json:"redriven"`
	// Failed is how many failed again and are still in the queue.
	Failed int `json:"failed"`
	// Listed is how many a dry run would redrive.
	Listed int `json:"listed,omitempty"`
	// Skipped is how many do not match the request's conditions.
	Skipped int `json:"skipped,omitempty"`
	// Left is approximately how many are in the queue now: SQS's count is
	// eventually consistent.
	Left int `json:"left"`
	// Errors counts the failures by kind.
	Errors map[failure.Kind]int `json:"errors,omitempty"`
}

// Summary describes one dead letter in an [Answer].
type Summary struct {
	Queue deployment.Queue `json:"queue"`
	// MessageID is the dead letter's own, in SQS.
	MessageID string `json:"messageId"`
	// SNSMessageID is the announcement's, as in the functions' logs; "" if
	// the body does not tell.
	SNSMessageID string `json:"snsMessageId,omitempty"`
	// TaskID is "" if the message is not an announcement.
	TaskID string   `json:"taskId,omitempty"`
	Age    Duration `json:"age"`
	// Error is why it failed: now, or before in a dry run.
	Error string `json:"error"`
}

// Subject names what the dead letter is about, as the functions' logs name it: its task, else its SNS message. If it
// tells neither, Subject names the dead letter itself, which is in no log.
func (s Summary) Subject() string {
	switch {
	case s.TaskID != "":
		return s.TaskID
	case s.SNSMessageID != "":
		return "SNS message " + s.SNSMessageID
	}
	return "SQS message " + s.MessageID
}
