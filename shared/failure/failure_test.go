package failure_test

import (
	"errors"
	"fmt"
	"testing"

	"sdtasktracker/shared/failure"
)

func TestKindOf(t *testing.T) {
	plain := errors.New("id is missing")
	invalid := failure.Of(failure.Invalid, plain)
	for name, test := range map[string]struct {
		err  error
		want failure.Kind
	}{
		"OK":             {invalid, failure.Invalid},
		"OKWrapped":      {fmt.Errorf("record: %w", invalid), failure.Invalid},
		"OKFirstOfTwo":   {errors.Join(plain, failure.Of(failure.NotDelivered, plain), invalid), failure.NotDelivered},
		"OKOutermost":    {failure.Of(failure.NotInvoked, invalid), failure.NotInvoked},
		"OtherIfNone":    {plain, failure.Other},
		"OtherIfNil":     {nil, failure.Other},
		"OtherWhenSaid":  {failure.Of(failure.Other, plain), failure.Other},
		"NotByItsWords":  {errors.New("unreadable: timed out, invalid announcement"), failure.Other},
		"NotByItsWords2": {errors.New("invoke this function, which is not delivered"), failure.Other},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failure.KindOf(test.err); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestOfKeepsTheError(t *testing.T) {
	plain := errors.New("id is missing")
	err := failure.Of(failure.Invalid, plain)
	if err.Error() != plain.Error() || !errors.Is(err, plain) {
		t.Errorf("got %v", err)
	}
}

func TestReported(t *testing.T) {
	for errorType, want := range map[string]failure.Kind{
		"Sandbox.Timedout": failure.Timeout, "Runtime.ExitError": failure.Crash, "Runtime.OutOfMemory": failure.Crash,
		"invalid":       failure.Invalid,
		"not_delivered": failure.NotDelivered, "not_an_event": failure.NotAnEvent,
		"": failure.Other, "errorString": failure.Other,
		// Only redrive can know these kinds, so a function's claim must not count.
		"not_invoked": failure.Other, "unreadable": failure.Other,
	} {
		if got := failure.Reported(errorType); got != want {
			t.Errorf("%q is %s, want %s", errorType, got, want)
		}
	}
}
