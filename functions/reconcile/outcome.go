package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/awserror"
)

// outputBytes is how much of a raw output is read at most. One without images is
// an error, or short.
const outputBytes = 1 << 20

// errUndecided says that a raw output does not tell how the run went.
var errUndecided = errors.New("it has no images, and its .out does not tell whether it failed")

// outcome is how a run without images went, by its raw output. The error wraps
// errUndecided or comes from S3.
func (w *worker) outcome(ctx context.Context, key string) (announcement.Status, error) {
	w.requests.Add(1)
	out, err := w.Source.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(w.output.name), Key: aws.String(key)},
		s3.WithAPIOptions(awsclient.Buffer(outputBytes)))
	switch status := awserror.Status(err); {
	case status == http.StatusNotFound, status == http.StatusForbidden:
		return "", fmt.Errorf("%w: it can't be read: %s", errUndecided, awserror.Code(err))
	case err != nil:
		return "", fmt.Errorf("read %q: %w", key, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(io.LimitReader(out.Body, outputBytes))
	if err != nil {
		return "", fmt.Errorf("read %q: %w", key, err)
	}
	return readOutcome(content)
}

// readOutcome reads what the publisher's runtimes leave: SD WebUI its parameters,
// with an error_msg that is "" unless it failed (succeed and failed in the
// publisher's sdwebui.py), ComfyUI and a crashed handler a code, 200 or 500
// (comfyui.py and main.py).
func readOutcome(content []byte) (announcement.Status, error) {
	var output struct {
		Code       *int
		Parameters map[string]json.RawMessage
	}
	if err := json.Unmarshal(content, &output); err != nil {
		return "", fmt.Errorf("%w: %w", errUndecided, err)
	}
	switch {
	case output.Parameters != nil:
		switch said := string(output.Parameters["error_msg"]); said {
		case "", `""`:
			return announcement.Completed, nil
		}
		return announcement.Failed, nil
	case output.Code != nil && *output.Code == http.StatusOK:
		return announcement.Completed, nil
	case output.Code != nil && *output.Code == http.StatusInternalServerError:
		return announcement.Failed, nil
	}
	return "", errUndecided
}
