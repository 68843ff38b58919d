package letters

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// savedLetter is a line of the file.
type savedLetter struct {
	Queue   names.Queue
	Message types.Message // with the names that "aws sqs receive-message" prints
}

// createFile creates the file. An existing file is an error: it may have the only copy of what was deleted earlier.
// Only the user may read the file, because it has prompts.
func createFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--save: %w", err)
	}
	// The folder is synced too, or a crash could lose the file itself.
	folder, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = errors.Join(folder.Sync(), folder.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--save: %w", err), file.Close(), os.Remove(path))
	}
	return file, nil
}

// write appends letters. They are on disk when it returns.
func write(file *os.File, queue names.Queue, letters []deadletter.Letter) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, l := range letters {
		if err := encoder.Encode(savedLetter{queue, l.Message}); err != nil {
			return fmt.Errorf("save message %s: %w", l.ID, err)
		}
	}
	_, err := file.Write(lines.Bytes())
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}
