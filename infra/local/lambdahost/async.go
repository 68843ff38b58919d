package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sdtasktracker/shared/pause"
)

// maxErrorMessageBytes is the length to which Lambda truncates the error message in
// a dead letter ("Adding a dead-letter queue").
const maxErrorMessageBytes = 1024

// InvokeAsync accepts an event and returns immediately, as Lambda does for Amazon
// SNS. The host then invokes the function until it succeeds or the retries are
// exhausted; a failed event goes to the dead-letter queue.
// It returns an error only if the function doesn't exist.
func (h *Host) InvokeAsync(name, requestID string, event []byte) error {
	f, err := h.find(name)
	if err != nil {
		return err
	}
	h.pending.Add(1)
	h.events.Go(func() {
		defer h.pending.Add(-1)
		h.process(f, requestID, event)
	})
	return nil
}

func (h *Host) process(f *running, requestID string, event []byte) {
	for attempt := 0; ; attempt++ {
		_, err := h.invoke(h.context, f, requestID, event)
		if err == nil || h.context.Err() != nil {
			return
		}
		if attempt >= f.function.MaxRetries {
			h.bury(f, requestID, event, err)
			return
		}
		if pause.For(h.context, h.retryDelay<<attempt) != nil {
			return
		}
	}
}

// bury sends the event to the dead-letter queue, and retries until it succeeds or
// the host is closed.
func (h *Host) bury(f *running, requestID string, event []byte, cause error) {
	if f.function.DeadLetterQueueARN == "" {
		fmt.Fprintf(f.function.Log, "event %s dropped: the function has no dead-letter queue: %v\n", requestID, cause)
		return
	}
	code, message := "500", cause.Error()
	var failed *FunctionError
	if errors.As(cause, &failed) {
		code, message = "200", failed.Message
	}
	letter := DeadLetter{
		Function: f.function.Name, QueueARN: f.function.DeadLetterQueueARN, Event: event,
		// Clip cuts between characters: SQS accepts only valid UTF-8.
		RequestID: requestID, ErrorCode: code,
		ErrorMessage: strings.ToValidUTF8(message[:min(len(message), maxErrorMessageBytes)], ""),
	}
	for h.context.Err() == nil {
		ctx, cancel := context.WithTimeout(h.context, 10*time.Second)
		err := h.sendDeadLetter(ctx, letter)
		cancel()
		if err == nil || h.context.Err() != nil {
			return
		}
		fmt.Fprintf(os.Stderr, "%s: send dead letter of request %s, will retry: %v\n", f.function.Name, requestID, err)
		_ = pause.For(h.context, time.Second) // the loop checks whether the context has ended
	}
}
