package report_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/report"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// seen is what look.mjs prints.
type seen struct {
	Title           string
	Tasks, Statuses []string
	Images          []int // their widths
	Bars            []struct {
		Width  float64
		Inside bool
	}
	Letters, Scripts          int
	Wide                      bool
	Requests, Errors, Dialogs []string
}

// look opens a page in a real browser.
func look(t *testing.T, page report.Page) (s seen) {
	t.Helper()
	prepare.Browser(t)
	path := filepath.Join(t.TempDir(), "report 1.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(file, page); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "look.mjs", path)
	command.Dir = "browser"
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// hostile is text that would run, load or break something if it were not escaped.
const hostile = `</td></table><script>alert(1)</script><img src="https://example.com/x" onerror="alert(2)">` +
	"\u202e\x1b[31m{{.Title}}"

func pixel(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInABrowser: a person sees every task, its image and its time, and nothing that
// a task says does anything.
func TestInABrowser(t *testing.T) {
	got := look(t, report.Page{
		Title: "Stack " + hostile, Made: noon,
		Tasks: []report.Task{
			{
				Task: tasktable.Task{
					ID:             "done",
					Status:         announcement.Completed,
					StartedAt:      noon,
					FinishedAt:     noon.Add(time.Minute),
					DeliveredAt:    noon.Add(2 * time.Minute),
					DeliveryStatus: tasktable.Delivered,
				},
				Images: []report.Image{{URI: "s3://b/1.png", Source: report.Inline(pixel(t))}, {URI: "s3://b/2.bin"}},
			},
			{Task: tasktable.Task{ID: hostile, Status: announcement.Failed, Error: hostile, Runtime: hostile,
				DeliveryError: hostile, FinishedAt: noon},
				Images: []report.Image{{URI: hostile, Source: report.Link("javascript:alert(3)")}}},
			{Task: tasktable.Task{ID: "still", Status: announcement.Running, StartedAt: noon.Add(time.Minute)}},
		},
		Letters: []report.Letter{{Queue: "record", Task: hostile, Error: hostile}},
		Notes:   []string{hostile},
	})
	shown := strings.NewReplacer("\x1b", "\ufffd").Replace(hostile)
	if len(got.Tasks) != 3 || got.Tasks[0] != "done" || !strings.Contains(got.Tasks[1], "<script>alert(1)</script>") {
		t.Errorf("tasks are %q, want %q among them", got.Tasks, shown)
	}
	if want := []string{"completed", "failed", "running"}; !slices.Equal(got.Statuses, want) {
		t.Errorf("statuses are %q", got.Statuses)
	}
	if !slices.Equal(got.Images, []int{7}) {
		t.Errorf("the widths of images are %v", got.Images)
	}
	if len(got.Bars) != 4 || got.Bars[0].Width < 10 || got.Letters != 1 || got.Wide {
		t.Errorf("got %+v", got)
	}
	for _, bar := range got.Bars {
		if !bar.Inside {
			t.Errorf("a bar leaves its track: %+v", got.Bars)
		}
	}
	if got.Scripts+len(got.Requests)+len(got.Errors)+len(got.Dialogs) > 0 {
		t.Errorf("something was run or loaded: %+v", got)
	}
}

// TestEmpty: a page without tasks is a page.
func TestEmpty(t *testing.T) {
	if got := look(t, report.Page{Title: "none", Made: noon}); got.Title != "none" || len(got.Tasks) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestSources(t *testing.T) {
	for name, content := range map[string]string{
		"text": "hello", "SVG, which may have scripts": `<svg xmlns="http://www.w3.org/2000/svg"/>`, "nothing": "",
		"huge": string(pixel(t)) + strings.Repeat("x", 1<<20),
	} {
		if got := report.Inline([]byte(content)); got != "" {
			t.Errorf("%s is shown as %.40s", name, got)
		}
	}
	for url, shown := range map[string]bool{
		"https://b.s3.amazonaws.com/k?X-Amz-Signature=1": true, "http://127.0.0.1:1/b/k": true, "http://example.com/": false,
		"javascript:alert(1)": false, "data:text/html,x": false, "": false,
	} {
		if got := report.Link(url); (got != "") != shown {
			t.Errorf("%s becomes %q", url, got)
		}
	}
}
