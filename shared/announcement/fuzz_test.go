package announcement_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"sdtasktracker/shared/announcement"
)

// addSeeds adds the messages of the guidance's releases, and some others.
func addSeeds(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/releases/*.tsv")
	if err != nil || len(paths) == 0 {
		f.Fatalf("testdata: %d files, %v", len(paths), err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			_, message, _ := bytes.Cut(bytes.TrimSpace(line), []byte("\t"))
			f.Add(message)
		}
	}
	for _, message := range []string{
		`{"id":"a","id":"b"}`, `{"id":"\ud800","result":true}`, `{"id":"a","result":true,"x":[[]]}`, `[]`, `{"id":"a"} x`,
		`{"id":1e400,"result":false,"context":[NaN,-Infinity,"NaN"],"Infinity":Infinity}`, `{"id":-NaN}`, `{NaN:1}`,
		`{"images":[""],"parameters":{"id_task":0,"status":1,"image_url":"s3://b/1,s3://b/2"}}`,
	} {
		f.Add([]byte(message))
	}
}

// FuzzParse checks that the table can store every accepted announcement, that
// every error gives a reason, and that the values of an accepted message are
// those that encoding/json reads, if it can.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		a, err := announcement.Parse(message)
		if err != nil {
			var invalid *announcement.InvalidError
			if !errors.As(err, &invalid) || invalid.Field == "" || invalid.Problem == "" {
				t.Fatalf("error %v has no field or no problem", err)
			}
			return
		}
		checkAccepted(t, a)
		var strict map[string]json.RawMessage
		if err := json.Unmarshal(message, &strict); err != nil {
			if !bytes.Contains(message, []byte("NaN")) && !bytes.Contains(message, []byte("Infinity")) {
				t.Fatalf("accepted what is not JSON: %v", err)
			}
			return
		}
		checkSame(t, a, strict)
	})
}

func checkAccepted(t *testing.T, a announcement.Announcement) {
	t.Helper()
	if a.TaskID == "" || len(a.TaskID) > announcement.MaxIDBytes || !utf8.ValidString(a.TaskID) {
		t.Errorf("id %q was accepted", a.TaskID)
	}
	if !a.Status.Terminal() && (a.Status != announcement.Running || len(a.ImageURLs) > 0) {
		t.Errorf("status %q with %d images was accepted", a.Status, len(a.ImageURLs))
	}
}

// checkSame compares an announcement with the message's fields.
func checkSame(t *testing.T, a announcement.Announcement, fields map[string]json.RawMessage) {
	t.Helper()
	if fields["id"] == nil {
		checkV0(t, a, fields["parameters"])
		return
	}
	if !bytes.Equal(a.Context, fields["context"]) {
		t.Errorf("context is %s, want %s", a.Context, fields["context"])
	}
	var images []string
	if err := json.Unmarshal(orNull(fields["image_url"]), &images); err != nil || len(images) != len(a.ImageURLs) {
		t.Errorf("images are %q, want %s", a.ImageURLs, fields["image_url"])
	}
	for i := range images {
		if images[i] != a.ImageURLs[i] {
			t.Errorf("image %d is %q, want %q", i, a.ImageURLs[i], images[i])
		}
	}
	for name, got := range map[string]string{"id": a.TaskID, "runtime": a.Runtime, "output_url": a.OutputURL} {
		var want string
		if err := json.Unmarshal(orNull(fields[name]), &want); (err != nil) != (name == "id" && fields[name][0] != '"') ||
			err == nil && got != want {
			t.Errorf("%s is %q, want %q, %v", name, got, want, err)
		}
	}
	for _, known := range []string{"id", "status", "result", "runtime", "image_url", "output_url", "context"} {
		delete(fields, known)
	}
	if len(fields) != len(a.Extra) || len(fields) > 0 && !reflect.DeepEqual(a.Extra, fields) {
		t.Errorf("extra is %s, want %s", a.Extra, fields)
	}
}

func checkV0(t *testing.T, a announcement.Announcement, text json.RawMessage) {
	t.Helper()
	var parameters map[string]json.RawMessage
	if err := json.Unmarshal(text, &parameters); err != nil {
		t.Fatal(err)
	}
	for _, known := range []string{"id_task", "status", "image_url", "image_mask_url"} {
		delete(parameters, known)
	}
	if len(parameters) != len(a.Extra) || len(parameters) > 0 && !reflect.DeepEqual(a.Extra, parameters) {
		t.Errorf("extra is %s, want %s", a.Extra, parameters)
	}
}

func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}

// FuzzConstants checks that Parse reads a message with constants in the same way as
// the message with numbers instead, which encoding/json reads.
func FuzzConstants(f *testing.F) {
	for _, seed := range []string{
		`{"user":"u-17","n":[1,-2.5e3]}`, `"\"NaN\\"`, `[[],{}]`, `-`, `1],"x":[2`, `1],"id":[2`, `"\ud800"`, `"`, `1 `,
	} {
		f.Add([]byte(seed))
	}
	replace := func(text []byte) []byte {
		return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("-Infinity"), []byte("0")), []byte("NaN"), []byte("0"))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		message := append([]byte(`{"id":"a","result":true,"context":[NaN,`), value...)
		message = append(message, `,-Infinity]}`...)
		numbers := replace(message)
		if bytes.Contains(numbers, []byte("Infinity")) {
			return
		}
		want, wantErr := announcement.Parse(numbers)
		got, err := announcement.Parse(message)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error is %v, with numbers %v", err, wantErr)
		}
		if !bytes.Equal(replace(got.Context), want.Context) || len(got.Extra) != len(want.Extra) {
			t.Errorf("got %+v, with numbers %+v", got, want)
		}
	})
}
