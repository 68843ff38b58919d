package function

import (
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/failure"
)

// errNotSNS is the error for a payload that is not an SNS event.
var errNotSNS = failure.Of(failure.NotAnEvent,
	errors.New(`the event has no SNS records: invoke this function with {"Records":[{"Sns":{…}}]}, as Amazon SNS does`))

// EachMessage calls handle for every message of an SNS event, which in practice has one.
// It continues after an error, and returns all errors joined. An event without messages
// is an error of kind [failure.NotAnEvent]. handle must be idempotent, because Lambda
// retries the whole event.
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
