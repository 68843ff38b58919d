package deadletter

import (
	"cmp"
	"strings"

	"sdtasktracker/shared/deployment"
)

// Queue names a dead-letter queue. A function that SNS invokes has two: one of
// the function's own name, such as "record", with the events that the function
// failed on; and one with "-subscription" appended, with the messages that SNS
// could not hand to the function.
type Queue string

const subscriptionSuffix = "-subscription"

// FailedEvents is the queue with the events that a function failed on.
func FailedEvents(function string) Queue { return Queue(function) }

// Undelivered is the queue with the messages that SNS could not hand to a function.
func Undelivered(function string) Queue { return Queue(function + subscriptionSuffix) }

// Function is the function that the queue's dead letters are for.
func (q Queue) Function() string { return strings.TrimSuffix(string(q), subscriptionSuffix) }

// Output is the stack's output with the queue's URL.
func (q Queue) Output() string { return deployment.Pascal(string(q)) + "DlqUrl" }

// Compare orders queues as they are redriven and shown: failed events before
// undelivered messages, each by name.
func Compare(x, y Queue) int {
	order := func(q Queue) int { return strings.Count(string(q), subscriptionSuffix) }
	return cmp.Or(cmp.Compare(order(x), order(y)), cmp.Compare(x, y))
}
