// Package failure gives a function's error a kind that survives the function:
// Lambda reports it as errorType, so that whoever invoked the function can count
// failures without reading messages, which quote untrusted input.
package failure

import "errors"

// Kind is why an invocation failed. It is the errorType of the invocation's
// answer ("Lambda function handler in Go", Returning errors) and the key that
// the redrive function counts failures under.
type Kind string

const (
	// Invalid: the message is not an announcement. Only another message helps.
	Invalid Kind = "invalid"
	// NotAnEvent: the payload has no SNS records.
	NotAnEvent Kind = "not_an_event"
	// NotDelivered: some of a task's objects are not in the delivery bucket.
	NotDelivered Kind = "not_delivered"
	// Unreadable: a dead letter is neither an event nor an SNS notification.
	Unreadable Kind = "unreadable"
	// NotInvoked: Lambda refused to invoke the function.
	NotInvoked Kind = "not_invoked"
	// NotDeleted: a dead letter was redriven but could not be deleted.
	NotDeleted Kind = "not_deleted"
	// Timeout: Lambda stopped the invocation at the function's timeout.
	Timeout Kind = "timeout"
	// Crash: the function's process ended during the invocation.
	Crash Kind = "crash"
	// Other: anything else, such as an error of DynamoDB's.
	Other Kind = "other"
)

// reported are the error types that Lambda itself gives to what it stopped, and
// the kinds that this project's functions give ("Understanding retry behavior in
// Lambda" names none of them; these are what Invoke answers).
var reported = map[string]Kind{
	"Sandbox.Timedout":    Timeout,
	"Runtime.ExitError":   Crash,
	"Runtime.OutOfMemory": Crash,
	string(Invalid):       Invalid,
	string(NotAnEvent):    NotAnEvent,
	string(NotDelivered):  NotDelivered,
}

// Reported is the kind that an invocation's errorType stands for. An unknown
// type counts as [Other].
func Reported(errorType string) Kind {
	if kind, ok := reported[errorType]; ok {
		return kind
	}
	return Other
}

// Of gives an error a kind. The error's message stays as it is.
func Of(kind Kind, err error) error { return &kinded{kind, err} }

type kinded struct {
	kind Kind
	err  error
}

func (k *kinded) Error() string { return k.err.Error() }
func (k *kinded) Unwrap() error { return k.err }

// KindOf is the kind of an error, or of the first in its tree that has one;
// [Other] if none has.
func KindOf(err error) Kind {
	var k *kinded
	if errors.As(err, &k) {
		return k.kind
	}
	return Other
}
