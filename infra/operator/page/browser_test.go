package page

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"sdtasktracker/infra/local/prepare"
)

// step is what the browser does: see browser/drive.mjs.
type step map[string]any

// driven is what a drive has seen.
type driven struct {
	Values             []any
	Requests, Messages []string
}

// drive opens a URL in a real browser, and takes the steps.
func drive(t *testing.T, url string, steps ...step) (seen driven) {
	t.Helper()
	prepare.Browser(t)
	input, err := json.Marshal(append([]step{{"size": []int{1280, 860}}, {"scheme": "light"}, {"go": url}}, steps...))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", "drive.mjs")
	command.Dir = filepath.Join(prepare.Root(), "infra/operator/page/browser")
	command.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Messages) > 0 {
		t.Errorf("the page wrote to the console: %q", seen.Messages)
	}
	return seen
}

// file writes a page to a file, and returns its URL.
func file(t *testing.T, d data) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a page.html")
	if err := writeFile(path, d, nil); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

var shots = flag.String("shots", "", "a folder for pictures of every view")

// TestShots takes pictures of every view, for people to look at.
func TestShots(t *testing.T) {
	if *shots == "" {
		t.Skip("-shots DIR takes pictures")
	}
	for _, n := range []int{8, 200, 2000} {
		url := file(t, sample(n))
		for _, width := range []int{1280, 390} {
			for _, scheme := range []string{"light", "dark"} {
				steps := []step{{"scheme": scheme}, {"size": []int{width, 860}}}
				name := func(view string) string {
					return filepath.Join(*shots, view+"-"+strconv.Itoa(n)+"-"+strconv.Itoa(width)+"-"+scheme+".png")
				}
				settle := step{"read": "new Promise((done) => setTimeout(done, 250))"}
				for _, view := range []string{"gallery", "list", "problems", "letters", "activity"} {
					steps = append(steps, step{"go": url + "#" + view}, settle, step{"shot": name(view)})
				}
				steps = append(steps, step{"go": url + "#gallery?status=completed"}, step{"click": ".tile a:has(.badge)"}, settle,
					step{"shot": name("task")}, step{"press": "c"}, settle,
					step{"click": "[data-index='1'] a"}, settle, step{"shot": name("two")})
				drive(t, url, steps...)
			}
		}
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}
