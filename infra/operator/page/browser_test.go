package page

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/picture"
	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
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
	if err := writeFile(path, d); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

var shots = flag.String("shots", "", "a folder for pictures of every view, or .github for README's picture")

// settle waits until images that are inside the page are shown.
var settle = step{"read": "new Promise((done) => setTimeout(done, 250))"}

// TestOnce: the URL that the machine's other users see in the list of processes is of no use once the browser has it.
func TestOnce(t *testing.T) {
	h := newHandler(nil, "token", "once")
	for _, want := range []struct {
		status   int
		location string
	}{{303, "/token/"}, {404, ""}} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest("GET", "/once", nil))
		if location := answer.Header().Get("Location"); answer.Code != want.status || location != want.location {
			t.Errorf("got %d, %q; want %+v", answer.Code, location, want)
		}
	}
}

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
					return filepath.Join(*shots, fmt.Sprintf("%s-%d-%d-%s.png", view, n, width, scheme))
				}
				for _, view := range []string{"gallery", "list", "problems", "letters", "activity"} {
					steps = append(steps, step{"go": url + "#" + view}, settle, step{"shot": name(view)})
				}
				steps = append(steps, step{"go": url + "#gallery?status=completed"},
					step{"click": ".tile a:has(.badge)"}, settle, step{"shot": name("task")}, step{"press": "c"}, settle,
					step{"click": "[data-index='1'] a"}, settle, step{"shot": name("two")})
				drive(t, url, steps...)
			}
		}
	}
}

// TestPicture takes README's picture.
func TestPicture(t *testing.T) {
	if *shots == "" {
		t.Skip("-shots DIR takes the picture")
	}
	drive(t, file(t, sample(40)), step{"size": []any{1080, 600, 1.1}}, step{"font": true}, settle,
		step{"shot": filepath.Join(*shots, "page.png")})
}

// wide is whether something leaves the window sideways.
const wide = "document.documentElement.scrollWidth > innerWidth"

// queuedSection is the title and the command of the first section of problems.
const queuedSection = "['h2', 'code'].map((tag) => document.querySelector('section ' + tag).textContent).join(': ')"

// TestReportInABrowser: everything is there without a server, nothing that a task says does anything, and no window is
// too narrow.
func TestReportInABrowser(t *testing.T) {
	d := sample(2000)
	d.Stack, d.Problems, d.Notes = "Stack "+hostile, []string{hostile}, []string{hostile}
	document := json.RawMessage(`{"text":"` + "\u202e\u200b" + `<script>alert(3)</script>"}`)
	bad := newEntry(tasktable.Details{Task: tasktable.Task{ID: hostile, Status: announcement.Failed, Error: hostile,
		Runtime: hostile, Context: document, UpdatedAt: noon}})
	bad["objects"] = []object{}
	d.Tasks = append([]entry{bad}, d.Tasks...)
	url := file(t, d)
	steps := []step{
		{"read": "JSON.stringify([document.querySelectorAll('.tile').length < 60, gallery.items.length])"},
		{"read": "document.querySelector('.tile .name').textContent"},
		{"click": ".tile a"}, {"until": "dialog.querySelector('.facts pre')"},
		{"read": "dialog.querySelector('.facts pre').textContent"},
		{"press": "Escape"}, {"until": "!dialog.open"},
		{"go": url + "#gallery?status=completed"}, {"click": ".tile a:has(.badge)"},
		{"until": "dialog.querySelector('.big img')?.complete"},
		{"press": "ArrowRight"},
		{"read": "state.image + ' ' + dialog.querySelector('.caption').textContent.includes('2 of')"},
		{"press": "j"}, {"until": "state.image === '0'"}, {"press": "Escape"}, {"until": "!dialog.open"},
		{"press": "/"}, {"type": "ringed-planet"}, {"until": "state.q === 'ringed-planet'"},
		{"read": "gallery.items.length > 50"},
		{"read": "gallery.items.every((t) => (t.id + t.prompt).includes('ringed-planet') && t.status === 'completed')"},
		{"go": url + "#list"}, {"until": "list.items.length === 2001 && list.element.isConnected"},
		{"read": "document.querySelector('.of-prompt q').textContent"},
		{"read": "scrollTo(0, 1e9)"},
		{"until": "document.querySelector('[data-index=\"2000\"]')"},
		{"read": "document.querySelectorAll('.row').length < 80"},
		{"click": "[data-sort=duration_ms]"}, {"until": "state.sort === 'duration_ms'"},
		{"read": "list.items[0].status === 'running' && list.items.at(-1).duration_ms === undefined"},
		{"go": url + "#problems"}, {"until": "document.querySelectorAll('.group').length > 2"},
		{"read": "document.querySelector('#summary').textContent"},
		{"read": queuedSection},
		{"go": url + "#gallery?status=queued"}, {"until": "document.querySelector('.tile.queued b')"},
		{"read": "document.querySelector('.tile.queued b').textContent"},
		{"go": url + "#letters"}, {"until": "document.querySelectorAll('.letter-group').length === 2"},
	}
	for _, width := range []int{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			steps = append(steps, step{"size": []int{width, 800}}, step{"scheme": scheme})
			for _, view := range []string{"gallery", "list", "problems", "letters", "activity"} {
				steps = append(steps, step{"go": url + "#" + view}, step{"until": "state.view === '" + view + "'"},
					step{"read": wide})
			}
		}
	}
	got := drive(t, url, steps...)
	shown := output.Escape(hostile)
	want := []any{"[true,2001]", shown, "{\n  \"text\": \"\\u202e\\u200b<script>alert(3)</script>\"\n}", "1 true",
		true, true, "lighthouse at golden hour, 35 mm", nil, true, true,
		"3 tasks queued or running for too long, 183 failed, 83 not fully delivered",
		"Queued for more than 1 hour1: sdtasks stuck", "Queued for too long"}
	want = append(want, slices.Repeat([]any{false}, 20)...)
	if !reflect.DeepEqual(got.Values, want) {
		t.Errorf("got  %v\nwant %v", got.Values, want)
	}
	if len(got.Requests) > 0 {
		t.Errorf("the page asked for %q", got.Requests)
	}
}

// TestBrowseInABrowser: tasks come by themselves, their images and sound are shown, and links hold the view.
func TestBrowseInABrowser(t *testing.T) {
	h := operatortest.NewHistory(t)
	h.Surroundings.Variables = append(h.Surroundings.Variables, "DELIVERY_BUCKET=images")
	store := localtest.Buckets(t, "images")
	t.Setenv("AWS_ENDPOINT_URL_S3", store.Proxy.URL)
	store.Put(t, "images", "1.None", string(picture.PNG("1", 64, 48)))
	store.Put(t, "images", "2.wav", silence())
	store.Put(t, "images", "3.glb", "glTF")
	store.Put(t, "images", "done/1.png", "")
	store.Put(t, "images", "done/ü 2.png", string(picture.PNG("2", 64, 48)))
	h.Deliver(h.Record(0, `{"id":"media","result":true,"runtime":"flux","image_url":["s3://out/1"],"context":{"x":1}}`), 0,
		tasktable.Delivery{Status: tasktable.Delivered,
			URIs: []string{"s3://images/1.None", "s3://images/2.wav", "s3://images/3.glb"}})
	url := browse(t, h.Surroundings)
	got := drive(t, url+"#gallery?time=all&q=media",
		step{"until": "document.querySelector('.tile img')?.naturalWidth === 64"},
		step{"click": ".tile a"}, step{"until": "dialog.querySelector('.big img')?.naturalHeight === 48"},
		step{"press": "ArrowRight"}, step{"until": "dialog.querySelector('audio')?.duration > 0"},
		step{"read": "dialog.querySelector('audio').play().then(() => true)"},
		step{"until": "dialog.querySelector('audio').currentTime > 0"},
		step{"press": "ArrowRight"}, step{"until": "dialog.querySelector('.file')?.textContent.includes('3.glb')"},
		step{"read": "location.hash"}, step{"press": "Escape"}, step{"until": "!dialog.open"},
		step{"go": url + "#list?time=all"}, step{"until": "list.items.length > 6"},
		step{"read": "document.querySelector('#live').textContent"},
		step{"go": url + "#problems?time=all"},
		step{"until": "document.querySelector('#summary').textContent.endsWith('delivered')"},
		step{"read": "document.querySelector('#summary').textContent"},
		step{"go": url + "#activity?time=all"}, step{"until": "document.querySelectorAll('.stack').length > 2"})
	want := []any{true, "#gallery?q=media&time=all&task=media&image=2", "Live",
		"2 tasks queued or running for too long, 2 failed, 2 not fully delivered"}
	if !reflect.DeepEqual(got.Values, want) {
		t.Errorf("got  %v\nwant %v", got.Values, want)
	}
	for _, asked := range got.Requests {
		if !strings.HasPrefix(asked, url) {
			t.Errorf("the page asked for %s", asked)
		}
	}
}

// silence is a second of sound, as a WAV file.
func silence() string {
	const samples = 8000
	header := []any{[]byte("RIFF"), uint32(36 + samples), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1),
		uint32(samples), uint32(samples), uint16(1), uint16(8), []byte("data"), uint32(samples)}
	var b bytes.Buffer
	for _, field := range header {
		_ = binary.Write(&b, binary.LittleEndian, field) // writing to a bytes.Buffer never fails
	}
	return b.String() + strings.Repeat("\x80", samples)
}
