package announcement_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
)

var update = flag.Bool("update", false, "rewrite testdata/releases")

// task is a caller's request to the guidance, and its result.
type task struct {
	id     any
	text   string // Python's str(id)
	prefix string // of the objects' keys; "" for none
	// contextValue is the caller's context, and context is the same in JSON.
	contextValue any
	context      string
	failed       bool
	images       []string // their keys' endings
}

// tasks are named by what is special about them. Every release announces each of
// them, if it can.
var tasks = map[string]task{
	"Plain": {id: "test-t2i", text: "test-t2i", prefix: "output", contextValue: dict{{"abc", number("123")}},
		context: `{"abc": 123}`, images: []string{"1.png", "2.png"}},
	"NoPrefix": {id: "b", text: "b", contextValue: dict{}, context: `{}`, images: []string{"1None"}},
	"OddPrefix": {id: "b", text: "b", prefix: `/a b/#?%2F+/é"\`, contextValue: "", context: `""`,
		images: []string{"1.jpg"}},
	"Failed": {id: "pipeline-7", text: "pipeline-7", prefix: "output", contextValue: nil, context: `null`, failed: true},
	"Empty":  {id: "flow-9", text: "flow-9", contextValue: false, context: `false`},
	"Unicode": {id: "画像-\U0001F5BC", text: "画像-\U0001F5BC", images: []string{"1.png"},
		contextValue: dict{{"naïve \"key\"\n", "\U0001F600\x7f\u2028"}, {"", list{}}},
		context:      `{"na\u00efve \"key\"\n": "\ud83d\ude00\u007f\u2028", "": []}`},
	"Constants": {id: "task-52", text: "task-52", images: []string{"1.png"},
		contextValue: dict{{"cfg", number("Infinity")}, {"loss", number("NaN")}, {"low", list{number("-Infinity")}}},
		context:      `{"cfg": Infinity, "loss": NaN, "low": [-Infinity]}`},
	"LoneSurrogate": {id: "s", text: "s", contextValue: codePoints{0xD83D, 'x'}, context: `"\ud83dx"`},
	"IntegerID": {id: number("100000355159719227200"), text: "100000355159719227200", contextValue: dict{}, context: `{}`,
		images: []string{"1.png"}},
	"FloatID":    {id: number("1e+16"), text: "1e+16", contextValue: dict{}, context: `{}`, images: []string{"1.png"}},
	"InfiniteID": {id: number("Infinity"), text: "inf", contextValue: dict{}, context: `{}`, images: []string{"1.png"}},
	"BooleanID":  {id: true, text: "True", contextValue: dict{}, context: `{}`, images: []string{"1.png"}},
	"NullID":     {id: nil, text: "None", contextValue: dict{}, context: `{}`, images: []string{"1.png"}},
	"LongID": {id: strings.Repeat("画", 70), text: strings.Repeat("画", 70), contextValue: dict{}, context: `{}`,
		images: []string{"1.png"}},
}

// release announces a task as one release of the guidance does.
type release func(task) (message dict, want announcement.Announcement)

var releases = map[string]release{
	"0":            beforeV1,
	"1.0":          func(t task) (dict, announcement.Announcement) { return t.end(false, false) },
	"1.1.0":        func(t task) (dict, announcement.Announcement) { return t.end(false, false) },
	"1.1.1":        func(t task) (dict, announcement.Announcement) { return t.end(true, false) },
	"1.1.2":        func(t task) (dict, announcement.Announcement) { return t.end(true, true) },
	"1.1.2Running": task.running,
	"1.2.0":        func(t task) (dict, announcement.Announcement) { return t.shortened().end(true, true) },
	"1.2.0Running": func(t task) (dict, announcement.Announcement) { return t.shortened().running() },
}

// shortened is the task with its id as text of 64 characters at most.
func (t task) shortened() task {
	t.text = announcement.AnnouncedID(t.text)
	t.id = t.text
	return t
}

// key is the beginning of the keys of the task's objects.
func (t task) key() string {
	prefix := t.text
	if t.prefix != "" {
		prefix = t.prefix + "/" + t.text
	}
	return "s3://outputbucket/" + prefix + "/" + t.text + "-0f3c"
}

func (t task) status() announcement.Status {
	if t.failed {
		return announcement.Failed
	}
	return announcement.Completed
}

// end announces the end of a task, as main.py does since 1.0.
func (t task) end(withRuntime, withStatus bool) (dict, announcement.Announcement) {
	want := announcement.Announcement{TaskID: t.text, Status: t.status(), ImageURLs: []string{},
		OutputURL: t.key() + ".out", Context: []byte(t.context)}
	urls := list{}
	for _, ending := range t.images {
		urls = append(urls, t.key()+"-"+ending)
		want.ImageURLs = append(want.ImageURLs, t.key()+"-"+ending)
	}
	var message dict
	if withRuntime {
		want.Runtime = "sdruntime"
		message = append(message, member{"runtime", want.Runtime})
	}
	message = append(message, member{"id", t.id}, member{"result", !t.failed})
	if withStatus {
		message = append(message, member{"status", string(want.Status)})
	}
	return append(message, member{"image_url", urls}, member{"output_url", want.OutputURL},
		member{"context", t.contextValue}), want
}

// running announces the start of a task.
func (t task) running() (dict, announcement.Announcement) {
	return dict{{"runtime", "sdruntime"}, {"id", t.id}, {"status", "running"}, {"context", t.contextValue}},
		announcement.Announcement{TaskID: t.text, Status: announcement.Running, Runtime: "sdruntime",
			Context: []byte(t.context)}
}

// beforeV1 announces the end of a task as succeed and failed do in the releases
// before 1.0. There is no context.
func beforeV1(t task) (dict, announcement.Announcement) {
	want := announcement.Announcement{TaskID: t.text, Status: t.status(), ImageURLs: []string{}}
	folder := cmp.Or(t.prefix, "2023-09-26") // the day
	for range t.images {
		want.ImageURLs = append(want.ImageURLs,
			"s3://outputbucket/"+folder+"/20230926120000-f4d8a2ce-3f0e-4d7c-9a60-7f0f2c1b1d55.png")
	}
	parameters := dict{{"prompt", "a cat"}, {"cfg_scale", number("7.0")}, {"id_task", t.id}, {"status", number("1")},
		{"image_url", strings.Join(want.ImageURLs, ",")}, {"image_seed", "1,2"}, {"error_msg", ""}, {"image_mask_url", ""}}
	if t.failed {
		parameters = dict{{"id_task", t.id}, {"status", number("0")}, {"image_url", ""}, {"image_seed", list{}},
			{"error_msg", "KeyError('x')"}, {"reason", nil}, {"image_mask_url", ""}}
		want.Error = "KeyError('x')"
	}
	want.Extra = map[string]json.RawMessage{}
	for _, p := range parameters {
		if !slices.Contains([]string{"id_task", "status", "image_url", "image_mask_url"}, p.name) {
			want.Extra[p.name] = json.RawMessage(dumps(p.value))
		}
	}
	return dict{{"images", list{""}}, {"parameters", parameters}, {"info", ""}}, want
}

// TestReleases reads what every release of the guidance announces.
func TestReleases(t *testing.T) {
	for name, release := range releases {
		t.Run(name, func(t *testing.T) {
			var golden strings.Builder
			for _, taskName := range slices.Sorted(maps.Keys(tasks)) {
				message, want := release(tasks[taskName])
				text := dumps(message)
				fmt.Fprintf(&golden, "%s\t%s\n", taskName, text)
				t.Run(taskName, func(t *testing.T) {
					got, err := announcement.Parse([]byte(text))
					if taskName == "NullID" && !strings.HasPrefix(name, "1.2") {
						if err == nil || !strings.Contains(err.Error(), "missing or empty") {
							t.Errorf("error is %v", err)
						}
						return
					}
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
					}
				})
			}
			compare(t, "testdata/releases/"+name+".tsv", golden.String())
		})
	}
}

// compare compares messages with those that are committed.
func compare(t *testing.T, path, messages string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(messages), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != messages {
		t.Errorf("%s has other messages: run go test -update, and read the difference", path)
	}
}
