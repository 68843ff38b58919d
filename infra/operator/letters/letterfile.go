package letters

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// savedLetter is a line of the file. Its fields have the names that "aws sqs receive-message" prints.
type savedLetter struct {
	Queue             names.Queue
	MessageID         string `json:"MessageId"`
	Body              string
	Attributes        map[string]string
	MessageAttributes map[string]savedAttribute `json:",omitempty"`
}

type savedAttribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

// letterFile is a file with a line of JSON for each dead letter. Its methods are safe for concurrent use.
type letterFile struct {
	mutex sync.Mutex
	file  *os.File
	empty bool
}

// createLetterFile creates the file. An existing file is an error: it may have the only copy of what was deleted
// earlier. Only the user may read the file, because it has prompts.
func createLetterFile(path string) (*letterFile, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--save: %w", err)
	}
	// The folder is synced too, or a crash could lose the file itself.
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("--save: %w", err), file.Close(), os.Remove(path))
	}
	return &letterFile{file: file, empty: true}, nil
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// write appends letters. They are on disk when it returns.
func (f *letterFile) write(queue names.Queue, letters []deadletter.Letter) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, l := range letters {
		if err := encoder.Encode(toSave(queue, l)); err != nil {
			return fmt.Errorf("save message %s: %w", l.ID, err)
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.empty = false
	if _, err := f.file.Write(lines.Bytes()); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}

func toSave(queue names.Queue, l deadletter.Letter) savedLetter {
	line := savedLetter{
		Queue: queue, MessageID: l.ID, Body: aws.ToString(l.Message.Body), Attributes: l.Message.Attributes,
		MessageAttributes: map[string]savedAttribute{},
	}
	for name, value := range l.Message.MessageAttributes {
		line.MessageAttributes[name] = savedAttribute{
			DataType: aws.ToString(value.DataType), StringValue: value.StringValue, BinaryValue: value.BinaryValue,
		}
	}
	return line
}

// close closes the file, and removes it if there was nothing to save.
func (f *letterFile) close() error {
	err := f.file.Close()
	if f.empty {
		err = errors.Join(err, os.Remove(f.file.Name()))
	}
	return err
}
