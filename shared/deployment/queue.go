package deployment

import (
	"cmp"
	"strings"
)

// Queue names a dead-letter queue. A function that SNS invokes has two: one with
// the function's own name, such as "record", for the events that the function
// failed on; and one with "-subscription" appended, for the messages that SNS
// could not deliver to the function. A function that is also subscribed to the input
// topic has a third, with "-input-subscription" appended.
type Queue string

const (
	subscriptionSuffix = "-subscription"
	inputSuffix        = "-input"
)

// FailedEvents is the queue for the events that a function failed on.
func FailedEvents(function string) Queue { return Queue(function) }

// Undelivered is the queue for the messages that SNS could not deliver to a function.
func Undelivered(function string) Queue { return Queue(function + subscriptionSuffix) }

// UndeliveredRequests is the queue for the requests that SNS could not deliver to a
// function.
func UndeliveredRequests(function string) Queue {
	return Queue(function + inputSuffix + subscriptionSuffix)
}

// Functions are the functions that must succeed with the queue's dead letters,
// in this order. After record comes deliver: it leaves a message that is not an
// announcement to record, so the dead letter of a message that a later release
// understands is record's alone. Where deliver has done its work already, it
// copies nothing. Requests are record's alone.
func (q Queue) Functions() []string {
	function := strings.TrimSuffix(string(q), subscriptionSuffix)
	if function == "record" {
		return []string{function, "deliver"}
	}
	return []string{strings.TrimSuffix(function, inputSuffix)}
}

// Output is the name of the stack output that holds the queue's URL.
func (q Queue) Output() string { return Pascal(string(q)) + "DlqUrl" }

// CompareQueues orders queues for redriving and display: those for failed events come
// before those for undelivered messages, each group sorted by name.
func CompareQueues(x, y Queue) int {
	order := func(q Queue) int { return strings.Count(string(q), subscriptionSuffix) }
	return cmp.Or(cmp.Compare(order(x), order(y)), cmp.Compare(x, y))
}
