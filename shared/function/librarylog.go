package function

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"sdtasktracker/shared/failure"
)

// libraryLog writes the lines of aws-lambda-go, such as the stack trace of a panic, to the function's log as JSON. It
// omits errors that handlers have already logged.
type libraryLog struct{ logger *slog.Logger }

// Write implements [io.Writer] for the standard logger, which writes a line at a time.
func (l libraryLog) Write(line []byte) (int, error) {
	var returned struct{ ErrorType failure.Kind }
	if json.Unmarshal(line, &returned) != nil || !slices.Contains(failure.Logged, returned.ErrorType) {
		l.logger.Error("aws-lambda-go", "error", strings.TrimSpace(string(line)))
	}
	return len(line), nil
}
