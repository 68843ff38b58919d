package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/beginning"
)

// maxOutputBytes is how much of a raw output reconcile reads. The output of a run without images is
// shorter.
const maxOutputBytes = 1 << 20

// errUndecided is the error for a raw output that doesn't say whether the run failed.
var errUndecided = errors.New("it has no images, and its .out does not say whether it failed")

// outcome reads whether a run without images completed or failed from the run's raw output. The
// error wraps errUndecided or comes from S3.
func (c *comparison) outcome(ctx context.Context, key string) (announcement.Status, error) {
	c.requests.Add(1)
	content, err := beginning.Read(ctx, c.output.client, c.output.name, key, maxOutputBytes)
	switch status := awserror.Status(err); {
	case status == http.StatusNotFound, status == http.StatusForbidden:
		return "", fmt.Errorf("%w: it cannot be read: %s", errUndecided, awserror.Code(err))
	case err != nil:
		return "", fmt.Errorf("read %q: %w", key, err)
	}
	return readOutcome(content)
}

// readOutcome parses a raw output. SD WebUI writes its parameters, with an error_msg if the task
// failed (succeed and failed in the guidance's sdwebui.py). ComfyUI and a crashed handler write a
// code, 200 or 500 (comfyui.py and main.py).
func readOutcome(content []byte) (announcement.Status, error) {
	var output struct {
		Code       *int
		Parameters map[string]json.RawMessage
	}
	if err := json.Unmarshal(content, &output); err != nil {
		return "", fmt.Errorf("%w: %w", errUndecided, err)
	}
	switch {
	case output.Parameters != nil && slices.Contains([]string{"", `""`}, string(output.Parameters["error_msg"])):
		return announcement.Completed, nil
	case output.Parameters != nil:
		return announcement.Failed, nil
	case output.Code != nil && *output.Code == http.StatusOK:
		return announcement.Completed, nil
	case output.Code != nil && *output.Code == http.StatusInternalServerError:
		return announcement.Failed, nil
	}
	return "", errUndecided
}
