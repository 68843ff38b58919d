package deadletter

import (
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
)

// Answer is the redrive function's response.
type Answer struct {
	// Queues reports the outcome for each queue's dead letters.
	Queues map[deployment.Queue]*Counts `json:"queues"`
	// Letters has the first MaxLetters dead letters that failed again, or that
	// a dry run lists.
	Letters []Summary `json:"letters,omitempty"`
	// Throttled is how many invocations Lambda throttled. Redrive retried them, so
	// they are not failures.
	Throttled int `json:"throttled,omitempty"`
	// More says that the queues may have more dead letters: time ran out, the
	// call reached its maximum, or SQS hides no more messages at once. Call again.
	More bool `json:"more"`
}

// MaxLetters is the maximum number of dead letters in an [Answer], and MaxError is the maximum length of an error in
// bytes, so that the answer fits into Lambda's 6 MB ("Lambda quotas").
const (
	MaxLetters = 1000
	MaxError   = 1024
)

// Counts are numbers of dead letters.
type Counts struct {
	// Redriven is how many succeeded and are deleted from the queue.
	Redriven int `json:"redriven"`
	// Failed is how many failed again and are still in the queue.
	Failed int `json:"failed"`
	// Listed is how many a dry run found to redrive.
	Listed int `json:"listed,omitempty"`
	// Skipped is how many do not match the request's conditions.
	Skipped int `json:"skipped,omitempty"`
	// Left is approximately how many are in the queue now, because SQS's count
	// is eventually consistent.
	Left int `json:"left"`
	// Errors counts the failures by kind.
	Errors map[failure.Kind]int `json:"errors,omitempty"`
}

// Summary describes one dead letter in an [Answer].
type Summary struct {
	Queue deployment.Queue `json:"queue"`
	// MessageID is the dead letter's message ID in SQS.
	MessageID string `json:"messageId"`
	// SNSMessageID is the announcement's message ID, as in the functions' logs;
	// "" if the body does not have it.
	SNSMessageID string `json:"snsMessageId,omitempty"`
	// TaskID is "" if the message is not an announcement.
	TaskID string   `json:"taskId,omitempty"`
	Age    Duration `json:"age"`
	// Error is why it failed: in this call, or originally in a dry run.
	Error string `json:"error"`
}

// Subject returns the dead letter's task, as the functions' logs name it, or else its SNS message. If both are unknown,
// it returns the SQS message, which is in no log.
func (s Summary) Subject() string {
	switch {
	case s.TaskID != "":
		return s.TaskID
	case s.SNSMessageID != "":
		return "SNS message " + s.SNSMessageID
	}
	return "SQS message " + s.MessageID
}
