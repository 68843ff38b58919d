package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
)

// settings are the members of a JSON object. Values keep their JSON text.
type settings map[string]json.RawMessage

// readSettings reads the settings file. It returns no settings if the file is missing or blank.
func readSettings(path string) (s settings, err error) {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return nil, fmt.Errorf("%s is not a JSON object: %w; correct it, or move it away", path, err)
	}
	return s, nil
}

// text returns the value of a setting; "" if it is missing or not a string.
func (s settings) text(name string) (text string) {
	_ = json.Unmarshal(s[name], &text) // an error leaves ""
	return text
}

// merge returns the settings with the added settings, and the lines of a diff. It keeps a bucket that is given as an
// ARN if the name is the same.
func (s settings) merge(added settings) (all settings, diff []string) {
	all = settings{}
	maps.Copy(all, s)
	for _, name := range slices.Sorted(maps.Keys(added)) {
		old, given := s[name]
		if given && (bytes.Equal(encode(old), encode(added[name])) ||
			name == names.OutputBucketSetting && bucketName(s.text(name)) == added.text(name)) {
			continue
		}
		if given {
			diff = append(diff, fmt.Sprintf("-   %q: %s", name, encode(old)))
		}
		diff = append(diff, fmt.Sprintf("+   %q: %s", name, encode(added[name])))
		all[name] = added[name]
	}
	return all, diff
}

// write replaces the settings file, in the CDK CLI's format.
func (s settings) write(path string) error {
	var b bytes.Buffer
	_ = json.Indent(&b, encode(s), "", "  ") // encode returns valid JSON
	b.WriteByte('\n')
	path, mode, err := existing(path)
	if err == nil {
		err = output.ReplaceFile(path, mode, func(w io.Writer) error { _, err := b.WriteTo(w); return err })
	}
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}

// existing returns the file that a path leads to, and its mode. A file without write permission is an error, because
// replacing a file needs no permission on the file itself.
func existing(path string) (target string, mode fs.FileMode, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return path, 0o644, nil
	}
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", 0, err
	}
	target, err = filepath.EvalSymlinks(path)
	return target, info.Mode().Perm(), err
}

// encode returns a string, or a value that was read from JSON, as compact JSON. It doesn't escape < and &.
func encode(value any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // such a value can always be encoded
	return bytes.TrimSpace(b.Bytes())
}
