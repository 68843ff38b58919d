package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	names "sdtasktracker/shared/deployment"
)

// file is the file with the settings.
type file struct {
	path   string // with its links followed
	mode   fs.FileMode
	before []byte // its content; nil if the file does not exist
	object object
}

// readFile reads the file. If it does not exist, it has no settings.
func readFile(path string) (*file, error) {
	f := &file{path: path, mode: 0o644}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	var err error
	if f.path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	info, err := os.Stat(f.path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil {
		f.mode = info.Mode().Perm()
		f.before, err = os.ReadFile(f.path)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if f.object, err = parse(f.before); err != nil {
		return nil, fmt.Errorf("%s is not what the CDK CLI reads: %w; correct it, or move it away", path, err)
	}
	return f, nil
}

// change is a setting that has another value now.
type change struct {
	name     string
	old, new json.RawMessage // old is nil for a new setting
}

// merge sets settings, and returns those that it has changed. Another spelling of a bucket stays as it is.
func (f *file) merge(settings object) (changes []change) {
	for _, s := range settings {
		old, given := f.object.values()[s.name]
		if given && (equal(old, s.value) || s.name == names.OutputBucketSetting && bucketName(text(old)) == text(s.value)) {
			continue
		}
		f.object.set(s.name, s.value)
		changes = append(changes, change{s.name, old, s.value})
	}
	return changes
}

// text is the text that a value has in JSON; "" if it is not a text.
func text(value json.RawMessage) (text string) {
	_ = json.Unmarshal(value, &text) // which leaves "" if it is something else
	return text
}

// equal reports whether two values differ in nothing but spaces.
func equal(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// write replaces the file at once, so that no other program reads a part of it.
func (f *file) write() error {
	content, err := f.object.text()
	if err != nil || bytes.Equal(content, f.before) {
		return err
	}
	if f.before != nil { // replacing a file needs no right to write it, but its owner may have protected it
		existing, err := os.OpenFile(f.path, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("write the settings: %w", err)
		}
		_ = existing.Close()
	}
	part, err := os.CreateTemp(filepath.Dir(f.path), "."+names.ContextFile+"-*")
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	_, err = part.Write(content)
	if err = errors.Join(err, part.Chmod(f.mode), part.Sync(), part.Close()); err == nil {
		err = os.Rename(part.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("write the settings: %w", errors.Join(err, os.Remove(part.Name())))
	}
	return nil
}

// String is the change as two lines of a diff.
func (c change) String() string {
	var b strings.Builder
	if c.old != nil {
		fmt.Fprintf(&b, "-   %s: %s\n", encode(c.name), compact(c.old))
	}
	fmt.Fprintf(&b, "+   %s: %s\n", encode(c.name), compact(c.new))
	return b.String()
}

func compact(value json.RawMessage) string {
	var b bytes.Buffer
	_ = json.Compact(&b, value) // which was JSON
	return b.String()
}
