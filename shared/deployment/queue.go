package deployment

import (
	"cmp"
	"strings"
)

// Queue names a dead-letter queue. A function that SNS invokes has two: the function's
// own name, such as "record", names the queue of the events that the function failed
// on; the name with "-subscription" names the queue of the messages that SNS could not
// deliver to the function. A function that also subscribes to the input topic has a
// third queue, with "-input-subscription".
type Queue string

const (
	subscriptionSuffix = "-subscription"
	inputSuffix        = "-input"
)

// FailedEvents returns the queue for the events that a function failed on.
func FailedEvents(function string) Queue { return Queue(function) }

// Undelivered returns the queue for the messages that SNS could not deliver to a function.
func Undelivered(function string) Queue { return Queue(function + subscriptionSuffix) }

// UndeliveredRequests returns the queue for the requests that SNS could not deliver to
// a function.
func UndeliveredRequests(function string) Queue {
	return Queue(function + inputSuffix + subscriptionSuffix)
}

// Functions returns the functions that must succeed with the queue's dead letters, in
// this order. deliver follows record, because deliver ignores a message that is not an
// announcement: if a later release understands the message, only record has its dead
// letter. If deliver has already delivered the announcement, it copies nothing. Only
// record handles requests.
func (q Queue) Functions() []string {
	function := strings.TrimSuffix(string(q), subscriptionSuffix)
	if function == "record" {
		return []string{function, "deliver"}
	}
	return []string{strings.TrimSuffix(function, inputSuffix)}
}

// Output returns the name of the stack output that has the queue's URL.
func (q Queue) Output() string { return Pascal(string(q)) + "DlqUrl" }

// CompareQueues orders queues for redriving and display: those for failed events come
// before those for undelivered messages, each group sorted by name.
func CompareQueues(x, y Queue) int {
	order := func(q Queue) int { return strings.Count(string(q), subscriptionSuffix) }
	return cmp.Or(cmp.Compare(order(x), order(y)), cmp.Compare(x, y))
}
