// Package failure classifies the functions' errors. Lambda reports the kind as
// errorType, so an invoker can count failures without parsing error messages, which
// quote untrusted input.
package failure

import "errors"

// Kind is the reason an invocation failed. It is the errorType in the
// invocation's response ("Lambda function handler in Go", Returning errors) and the key
// that the redrive function counts failures under.
type Kind string

const (
	// Invalid: the message is not an announcement, so retries cannot succeed.
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
	// Other: anything else, such as an error from DynamoDB.
	Other Kind = "other"
)

// Logged has the kinds of errors that the functions log before they return them. It lacks [NotAnEvent]: only
// aws-lambda-go logs that.
var Logged = []Kind{Invalid, NotDelivered, Unreadable, NotInvoked, NotDeleted, Timeout, Crash, Other}

// reported maps the errorType of an Invoke response to a kind. Lambda sets the first
// three, which its documentation does not list. This project's functions set the
// others.
var reported = map[string]Kind{
	"Sandbox.Timedout":    Timeout,
	"Runtime.ExitError":   Crash,
	"Runtime.OutOfMemory": Crash,
	string(Invalid):       Invalid,
	string(NotAnEvent):    NotAnEvent,
	string(NotDelivered):  NotDelivered,
}

// Reported returns the kind for the errorType of an Invoke response, or [Other] for an
// unknown type.
func Reported(errorType string) Kind {
	if kind, ok := reported[errorType]; ok {
		return kind
	}
	return Other
}

// Of wraps an error with a kind and leaves its message unchanged.
func Of(kind Kind, err error) error { return &kinded{kind, err} }

type kinded struct {
	kind Kind
	err  error
}

func (k *kinded) Error() string { return k.err.Error() }
func (k *kinded) Unwrap() error { return k.err }

// KindOf returns the kind of the first error in err's tree that has one, in the
// order of [errors.As], or [Other] if none has.
func KindOf(err error) Kind {
	var k *kinded
	if errors.As(err, &k) {
		return k.kind
	}
	return Other
}
