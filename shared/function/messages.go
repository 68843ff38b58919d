package function

import (
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/failure"
)

// errNotSNS answers an invocation whose payload is not an SNS event.
var errNotSNS = failure.Of(failure.NotAnEvent,
	errors.New(`the event has no SNS records: invoke this function with {"Records":[{"Sns":{…}}]}, as Amazon SNS does`))

// EachMessage handles every message of an SNS event; in practice there is one.
// An error with one message does not keep the others from being handled. The
// handler must be idempotent, because Lambda retries the whole event.
func EachMessage(event events.SNSEvent, handle func(events.SNSEntity) error) error {
	var errs []error
	for _, record := range event.Records {
		if err := handle(record.SNS); err != nil {
			errs = append(errs, err)
		}
	}
	if len(event.Records) == 0 {
		return errNotSNS
	}
	return errors.Join(errs...)
}
