package letters

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/deployment"
)

// readSaved reads a file that was saved to.
func readSaved(t *testing.T, path string) (letters []savedLetter) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		var l savedLetter
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		letters = append(letters, l)
	}
	return letters
}

func TestSaveAndDelete(t *testing.T) {
	d := deploy(t)
	poison := event("sns-1", "poison <&> \u2028")
	d.bury(t, deployment.FailedEvents("record"), poison, "message is not JSON")
	d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
	file := filepath.Join(t.TempDir(), "poison.jsonl")
	got := d.redrive(t, "--queue", "record", "--error-contains", "is not JSON", "--save", file, "--delete")
	want := operatortest.Outcome{
		Out: `╭────────┬───────┬─────────┬─────────┬──────╮
│ queue  │ saved │ deleted │ skipped │ left │
├────────┼───────┼─────────┼─────────┼──────┤
│ record │     1 │       1 │       1 │    1 │
╰────────┴───────┴─────────┴─────────┴──────╯
`}
	if got != want {
		t.Errorf("got exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
	}
	letters := readSaved(t, file)
	if len(letters) != 1 || *letters[0].Message.Body != poison || letters[0].Queue != deployment.FailedEvents("record") {
		t.Fatalf("the file has %+v", letters)
	}
	l := letters[0].Message
	reason := l.MessageAttributes["ErrorMessage"]
	if l.MessageId == nil || l.Attributes["SentTimestamp"] == "" || *reason.DataType != "String" ||
		reason.StringValue == nil || *reason.StringValue != "message is not JSON" {
		t.Errorf("the file has %+v", l)
	}
	rest := d.messaging.Receive(t, d.urls[deployment.FailedEvents("record")])
	if len(rest) != 1 || !strings.Contains(rest[0], "running") {
		t.Errorf("the queue has %q", rest)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
}

func deletion(r faultproxy.Request) bool { return r.Operation == "DeleteMessageBatch" }

func TestSave(t *testing.T) {
	const letters = 250
	d := deploy(t)
	for n := range letters {
		d.bury(t, deployment.FailedEvents("record"), running(fmt.Sprint(n)), "the table was down")
	}
	file := filepath.Join(t.TempDir(), "all.jsonl")
	t.Run("OKAllStaysWithoutDelete", func(t *testing.T) {
		got := d.redrive(t, "--save", file)
		if got.Code != 0 || !strings.Contains(got.Out, "│   250 │       0 │       0 │  250 │") {
			t.Errorf("got %+v", got)
		}
		ids := map[string]bool{}
		for _, l := range readSaved(t, file) {
			ids[*l.Message.MessageId] = true
		}
		if len(ids) != letters {
			t.Errorf("%d were saved", len(ids))
		}
	})
	t.Run("ErrFileExists", func(t *testing.T) {
		before := len(readSaved(t, file))
		got := d.redrive(t, "--save", file, "--delete", "--queue", "record")
		if got.Code != 1 || !strings.Contains(got.Progress, "file exists") || len(readSaved(t, file)) != before {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("OKMax", func(t *testing.T) {
		few := filepath.Join(t.TempDir(), "few.jsonl")
		got := d.redrive(t, "--save", few, "--delete", "--max", "7")
		want := "│     7 │       7 │       0 │  243 │"
		if got.Code != 0 || !strings.Contains(got.Out, want) || len(readSaved(t, few)) != 7 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("OKNothingLeavesNoFile", func(t *testing.T) {
		none := filepath.Join(t.TempDir(), "none.jsonl")
		got := d.redrive(t, "--save", none, "--task-id", "none")
		if _, err := os.Stat(none); got.Code != 0 || !os.IsNotExist(err) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestSaveFails(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), running("249"), "the table was down")
	t.Run("ErrNotDeleted", func(t *testing.T) {
		defer d.messaging.Proxy.Reset()
		d.messaging.Proxy.Inject(faultproxy.Fault{
			Match: deletion,
			Do: faultproxy.Reply(
				http.StatusForbidden, "application/x-amz-json-1.0", `{"__type":"AccessDenied","message":"no"}`),
		})
		got := d.redrive(t, "--save", filepath.Join(t.TempDir(), "f"), "--delete", "--task-id", "249")
		if got.Code != 1 || !strings.Contains(got.Progress, "1 of 1 saved dead letters could not be deleted") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("ErrFullDiskDeletesNothing", func(t *testing.T) {
		d.messaging.Proxy.Reset()
		full := d.redriveOnFullDisk(t, "--save", filepath.Join(t.TempDir(), "f"), "--delete", "--queue", "record")
		deletes := d.messaging.Proxy.Requests(deletion)
		if full.Code != 1 || !strings.Contains(full.Progress, "file too large") || len(deletes) > 0 {
			t.Errorf("got %+v after %d deletions", full, len(deletes))
		}
	})
}

// TestPutBack: what was saved and deleted comes back as it was, and can be redriven.
func TestPutBack(t *testing.T) {
	d := deploy(t)
	queue := deployment.FailedEvents("record")
	d.bury(t, queue, running("a"), "the table was down")
	file := filepath.Join(t.TempDir(), "saved.jsonl")
	if got := d.redrive(t, "--queue", "record", "--save", file, "--delete"); got.Code != 0 {
		t.Fatalf("got %+v", got)
	}
	got := d.redrive(t, "--put-back", file)
	if got.Code != 0 || got.Out != "Put back 1 dead letter. To retry: sdtasks redrive\n" {
		t.Errorf("got %+v", got)
	}
	if got := d.redrive(t, "--dry-run", "--queue", "record"); !strings.Contains(got.Out, "  the table was down\n") {
		t.Errorf("got %s", got.Out)
	}
	if got := d.redrive(t, "--queue", "record"); got.Code != 0 || d.status(t, "a") != "running" {
		t.Errorf("got %+v", got)
	}
	for line, want := range map[string]string{
		"{":                  "not a line that --save wrote",
		`{"Queue":"other"}`:  `no dead-letter queue "other"`,
		`{"Queue":"record"}`: "line 1 of",
	} {
		if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := d.redrive(t, "--put-back", file); got.Code != 1 || !strings.Contains(got.Progress, want) {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if got := d.redrive(t, "--put-back", file+".none"); got.Code != 1 || !strings.Contains(got.Progress, "no such file") {
		t.Errorf("got %+v", got)
	}
}
