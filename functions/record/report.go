package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/beginning"
)

const (
	// reportBytes is how much of an output record reads. The error and the parameters come
	// first, before the runtime's answer, which may be long.
	reportBytes = 64 << 10
	// reportTime leaves most of an invocation's time to DynamoDB.
	reportTime = 10 * time.Second
	// reportSuffix ends the keys of the guidance's outputs. The function may read
	// no other keys.
	reportSuffix = ".out"
)

// errUnreadable marks an error that another attempt won't change.
var errUnreadable = errors.New("the output can't be read")

// read reads the beginning of a task's output: the raw output of a completed task, or
// the error report of a failed task. An error that wraps errUnreadable is permanent.
func (h *Handler) read(ctx context.Context, url string) ([]byte, error) {
	bucket := h.Environment.OutputBucket // whatever bucket a message names
	key, ok := strings.CutPrefix(url, "s3://"+bucket+"/")
	if !ok || !strings.HasSuffix(key, reportSuffix) {
		return nil, fmt.Errorf("%w: it is not a %s object of the output bucket %s", errUnreadable, reportSuffix, bucket)
	}
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	output, err := beginning.Read(ctx, h.Outputs, bucket, key, reportBytes)
	switch {
	case isMissing(err):
		return nil, fmt.Errorf("%w: %s does not exist", errUnreadable, url)
	case err != nil && !awserror.IsTransient(err):
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	case err != nil:
		return nil, fmt.Errorf("read the output: %w", err)
	}
	return output, nil
}

// isMissing reports whether the object doesn't exist. The function may not list the bucket, so S3 answers that
// s3:ListBucket is denied, instead of NoSuchKey ("GetObject" in the Amazon S3 API Reference).
func isMissing(err error) bool {
	return awserror.Code(err) == "AccessDenied" && strings.Contains(err.Error(), "s3:ListBucket")
}
