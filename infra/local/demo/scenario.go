package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
)

// task is a task of the demonstration: its messages, and the expected results.
type task struct {
	id, story string
	report    string   // the error report to put in the output bucket
	images    []string // keys of images to put in the output bucket
	messages  []message

	wantStatus   string // "" if the task must not be in the table
	wantError    string
	wantDelivery string
	wantLetter   string // the output of the queue that gets a dead letter; "" for none
}

// message is an announcement of a task, or the request for it.
type message struct {
	body string
	// runtime, if set, makes it a request. It is the message attribute that the
	// guidance's input queues filter on.
	runtime string
	// age, if set, is how long ago the message was published. The demonstration then
	// invokes the functions itself, as SNS does for a late or repeated message.
	age time.Duration
	// repeat is how many more times the message is delivered. It needs age.
	repeat int
}

// The task whose image is missing, and the image's key.
const (
	vanished      = "vanished"
	vanishedImage = "output/vanished/vanished-dead-1.png"
)

// messages builds a caller's requests, and announcements in the guidance's formats.
type messages struct{ bucket, caller string }

func (m messages) url(key string) string { return "s3://" + m.bucket + "/" + key }

// context is the caller's context.
func (m messages) context() json.RawMessage { return json.RawMessage(`{"user":"` + m.caller + `"}`) }

func (m messages) request(id, runtime, prompt string) message {
	return message{runtime: runtime, body: fmt.Sprintf(`{"metadata":{"id":%q,"runtime":%q,"tasktype":"text-to-image",`+
		`"prefix":"output","context":%s},"content":{"prompt":%q,"negative_prompt":"blurry","steps":20,"width":1024,`+
		`"height":1024}}`, id, runtime, m.context(), prompt)}
}

// workflow returns the request for a ComfyUI task.
func (m messages) workflow(id, prompt string) message {
	return message{runtime: "comfyui", body: fmt.Sprintf(`{"metadata":{"id":%q,"runtime":"comfyui","tasktype":"pipeline",`+
		`"prefix":"output","context":%s},"content":{"6":{"class_type":"CLIPTextEncode","inputs":{"text":%q}},`+
		`"9":{"class_type":"SaveImage","inputs":{}}}}`, id, m.context(), prompt)}
}

func (m messages) running(id string) string {
	return marshal(announcement.Announcement{
		TaskID: id, Runtime: "sdruntime", Status: announcement.Running, Context: m.context(),
	})
}

func (m messages) completed(id string, keys ...string) string {
	a := announcement.Announcement{
		TaskID: id, Runtime: "sdruntime", Status: announcement.Completed, Context: m.context(),
		OutputURL: m.url("output/" + id + "/" + id + ".out"),
	}
	for _, key := range keys {
		a.ImageURLs = append(a.ImageURLs, m.url(key))
	}
	return marshal(a)
}

// completedFirst does the same in the guidance's first message format.
func (m messages) completedFirst(id, key string) string {
	return fmt.Sprintf(`{"id":%q,"result":true,"image_url":[%q],"output_url":%q,"context":%s}`,
		id, m.url(key), m.url("output/"+id+"/"+id+"-abcd.out"), m.context())
}

func (m messages) failed(id, runtime string) string {
	return marshal(announcement.Announcement{
		TaskID: id, Runtime: runtime, Status: announcement.Failed, Context: m.context(),
		OutputURL: m.url(reportKey(id)),
	})
}

func marshal(a announcement.Announcement) string {
	data, _ := announcement.Marshal(a) // the scenario's contexts are JSON
	return string(data)
}

// reportKey returns the key of a failed task's error report.
func reportKey(id string) string { return "output/" + id + "/" + id + "-91be.out" }

// imageKey returns the key of a run's n-th image.
func imageKey(id, run string, n int) string {
	return fmt.Sprintf("output/%s/%s-%s-%d.png", id, id, run, n)
}

// outOfMemory is the SD Web UI's error report when the GPU runs out of memory.
const outOfMemory = `{"images": [""], "parameters": {"id_task": "poster", "status": 0, "error_msg": "HTTPError('422 ` +
	`Client Error: Unprocessable Entity')", "reason": {"errors": "CUDA out of memory. Tried to allocate 9.00 GiB"}}}`

// scenario returns the tasks of two users, with their expected results.
func scenario(bucket string) []task {
	m, seven := messages{bucket, "u-17"}, messages{bucket, "u-7"}
	return append(delivered(m, seven), troubled(m, seven)...)
}

func delivered(m, seven messages) []task {
	sunset := []string{imageKey("sunset", "0f3c", 1), imageKey("sunset", "0f3c", 2)}
	portrait, odd := imageKey("portrait", "abcd", 1), "output/100% odd #1?.png"
	again, late := imageKey("again", "77aa", 1), imageKey("late", "19be", 1)
	return []task{
		{id: "sunset", story: "is queued, then running, then completes with two images", images: sunset,
			messages: []message{m.request("sunset", "sdruntime", "a sunset over the sea, oil painting"),
				{body: m.running("sunset")}, {body: m.completed("sunset", sunset...)}},
			wantStatus: "completed", wantDelivery: "delivered"},
		{id: "portrait", story: "completes, in the guidance's first message format", images: []string{portrait},
			messages: []message{seven.request("portrait", "sdruntime", "portrait of a lighthouse keeper, 85 mm"),
				{body: seven.completedFirst("portrait", portrait)}},
			wantStatus: "completed", wantDelivery: "delivered"},
		{id: "odd-key", story: "completes with an image whose key no URL can hold", images: []string{odd},
			messages: []message{m.request("odd-key", "sdruntime", "a key made of glass, studio light"),
				{body: m.completed("odd-key", odd)}},
			wantStatus: "completed", wantDelivery: "delivered"},
		{id: "again", story: "completes, and SNS delivers the message five times", images: []string{again},
			messages:   []message{{body: m.completed("again", again), age: time.Minute, repeat: 4}},
			wantStatus: "completed", wantDelivery: "delivered"},
		{id: "late", story: "completes, and its “running” arrives afterwards", images: []string{late},
			messages: []message{
				{body: m.completed("late", late), age: time.Minute},
				{body: m.running("late"), age: 2 * time.Minute},
			},
			wantStatus: "completed", wantDelivery: "delivered"},
	}
}

func troubled(m, seven messages) []task {
	return []task{
		{id: "dreaming", story: "is still running",
			messages: []message{m.request("dreaming", "sdruntime", "a city in the clouds, wide angle"),
				{body: m.running("dreaming")}}, wantStatus: "running"},
		{id: "misspelled", story: "is queued for a runtime that nobody has deployed, and never starts",
			messages: []message{m.request("misspelled", "sdruntme", "a harbor in winter")}, wantStatus: "queued"},
		{id: "poster", story: "fails, because the GPU has too little memory", report: outOfMemory,
			messages: []message{seven.request("poster", "sdruntime", "a poster of a night market, 4096 pixels wide"),
				{body: seven.failed("poster", "sdruntime")}},
			wantStatus: "failed", wantError: announcement.ReportedError([]byte(outOfMemory))},
		{id: "pipeline-7", story: "fails", report: `{"code": 500, "error": "Runtime handler failed"}`,
			messages: []message{seven.workflow("pipeline-7", "a paper boat on a canal"),
				{body: seven.failed("pipeline-7", "comfyui")}},
			wantStatus: "failed", wantError: "Runtime handler failed"},
		{id: vanished, story: "completes, but its image is gone from the output bucket",
			messages: []message{m.request(vanished, "sdruntime", "footprints that end in the snow"),
				{body: m.completed(vanished, vanishedImage)}},
			wantStatus: "completed", wantDelivery: "failed", wantLetter: deliverQueue},
		{id: "(not JSON)", story: "is no announcement at all",
			messages: []message{{body: "Hello!"}}, wantLetter: recordQueue},
		{id: "(bad result)", story: "has a result that is neither true nor false",
			messages: []message{{body: `{"id":"bad","result":"yes"}`}}, wantLetter: recordQueue},
	}
}

// mend returns the tasks with the results that are expected after the missing image
// was restored and its dead letter redriven.
func mend(tasks []task) []task {
	mended := slices.Clone(tasks)
	for i, t := range tasks {
		if t.id == vanished {
			mended[i].images = []string{vanishedImage}
			mended[i].wantDelivery, mended[i].wantLetter = "delivered", ""
		}
	}
	return mended
}
