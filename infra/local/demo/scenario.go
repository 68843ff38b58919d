package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
)

// task is one task of the demonstration: its messages, and the expected results.
type task struct {
	id, story string
	report    string   // why it failed, to put in the output bucket
	images    []string // keys of images to put in the output bucket
	messages  []message

	wantStatus    string // "" if the task must not be in the table
	wantError     string
	wantDelivery  string
	wantDelivered int
	// wantLetters is how many dead letters the functions leave.
	wantLetters map[string]int
}

// message is one announcement, or the request for a task.
type message struct {
	body string
	// runtime, if set, makes it a request. It is the message attribute that the
	// guidance's input queues filter on.
	runtime string
	// age, if set, is how long ago the message was published. The functions are
	// then invoked directly, as SNS would for a late or repeated message.
	age time.Duration
	// repeat is how many more times the same message is delivered. It needs age.
	repeat int
}

// The task whose image is missing, and the image's key.
const (
	vanished      = "vanished"
	vanishedImage = "output/vanished/vanished-dead-1.png"
)

// messages builds announcements in the guidance's formats.
type messages struct{ bucket string }

func (m messages) url(key string) string { return "s3://" + m.bucket + "/" + key }

func (m messages) request(id, runtime string) message {
	return message{runtime: runtime, body: fmt.Sprintf(`{"metadata":{"id":%q,"runtime":%q,"tasktype":"text-to-image",`+
		`"prefix":"output","context":{"user":"u-17"}},"content":{"prompt":"a sunset"}}`, id, runtime)}
}

func (m messages) running(id string) string {
	return marshal(announcement.Announcement{
		TaskID: id, Runtime: "sdruntime", Status: announcement.Running, Context: json.RawMessage(`{"user":"u-17"}`),
	})
}

func (m messages) completed(id string, keys ...string) string {
	a := announcement.Announcement{
		TaskID: id, Runtime: "sdruntime", Status: announcement.Completed, Context: json.RawMessage(`{"user":"u-17"}`),
		OutputURL: m.url("output/" + id + "/" + id + ".out"),
	}
	for _, key := range keys {
		a.ImageURLs = append(a.ImageURLs, m.url(key))
	}
	return marshal(a)
}

// completedFirst is completed in the guidance's first message format.
func (m messages) completedFirst(id, key string) string {
	return fmt.Sprintf(`{"id":%q,"result":true,"image_url":[%q],"output_url":%q,"context":{"abc":123}}`,
		id, m.url(key), m.url("output/"+id+"/"+id+"-abcd.out"))
}

func (m messages) failed(id string) string {
	return marshal(announcement.Announcement{
		TaskID: id, Runtime: "comfyui", Status: announcement.Failed, Context: json.RawMessage(`""`),
		OutputURL: m.url(reportKey(id)),
	})
}

func marshal(a announcement.Announcement) string {
	data, _ := announcement.Marshal(a) // the scenario's contexts are JSON
	return string(data)
}

// reportKey is the key of a failed task's error report.
func reportKey(id string) string { return "output/" + id + "/" + id + "-91be.out" }

// imageKey is the key of a task's n-th image of a run.
func imageKey(id, run string, n int) string {
	return fmt.Sprintf("output/%s/%s-%s-%d.png", id, id, run, n)
}

func scenario(bucket string) []task {
	m := messages{bucket: bucket}
	sunset := []string{imageKey("sunset", "0f3c", 1), imageKey("sunset", "0f3c", 2)}
	portrait, odd := imageKey("portrait", "abcd", 1), "output/100% odd #1?.png"
	again, late := imageKey("again", "77aa", 1), imageKey("late", "19be", 1)
	return []task{
		{id: "sunset", story: "is queued, then running, then completes with two images", images: sunset,
			messages: []message{m.request("sunset", "sdruntime"), {body: m.running("sunset")},
				{body: m.completed("sunset", sunset...)}},
			wantStatus: "completed", wantDelivery: "delivered", wantDelivered: 2},
		{id: "portrait", story: "completes, in the guidance's first message format", images: []string{portrait},
			messages:   []message{{body: m.completedFirst("portrait", portrait)}},
			wantStatus: "completed", wantDelivery: "delivered", wantDelivered: 1},
		{id: "odd-key", story: "completes with an image whose key no URL can hold", images: []string{odd},
			messages:   []message{{body: m.completed("odd-key", odd)}},
			wantStatus: "completed", wantDelivery: "delivered", wantDelivered: 1},
		{id: "again", story: "completes, and SNS delivers the message five times", images: []string{again},
			messages:   []message{{body: m.completed("again", again), age: time.Minute, repeat: 4}},
			wantStatus: "completed", wantDelivery: "delivered", wantDelivered: 1},
		{id: "late", story: "completes, and its “running” arrives afterwards", images: []string{late},
			messages: []message{
				{body: m.completed("late", late), age: time.Minute},
				{body: m.running("late"), age: 2 * time.Minute},
			},
			wantStatus: "completed", wantDelivery: "delivered", wantDelivered: 1},
		{id: "dreaming", story: "is still running",
			messages: []message{{body: m.running("dreaming")}}, wantStatus: "running"},
		{id: "misspelled", story: "is queued for a runtime that nobody has deployed, and never starts",
			messages: []message{m.request("misspelled", "sdruntme")}, wantStatus: "queued"},
		{id: "pipeline-7", story: "fails", report: `{"code": 500, "error": "Runtime handler failed"}`,
			messages:   []message{{body: m.failed("pipeline-7")}},
			wantStatus: "failed", wantError: "Runtime handler failed"},
		{id: vanished, story: "completes, but its image is gone from the output bucket",
			messages:   []message{{body: m.completed(vanished, vanishedImage)}},
			wantStatus: "completed", wantDelivery: "failed", wantLetters: map[string]int{deliverQueue: 1}},
		{id: "(not JSON)", story: "is no announcement at all",
			messages: []message{{body: "Hello!"}}, wantLetters: map[string]int{recordQueue: 1}},
		{id: "(bad result)", story: "has a result that is neither true nor false",
			messages: []message{{body: `{"id":"bad","result":"yes"}`}}, wantLetters: map[string]int{recordQueue: 1}},
	}
}

// mend returns the tasks with the results expected once the missing image is back
// and its dead letter has been redriven.
func mend(tasks []task) []task {
	mended := slices.Clone(tasks)
	for i, t := range tasks {
		if t.id == vanished {
			mended[i].images = []string{vanishedImage}
			mended[i].wantDelivery, mended[i].wantDelivered, mended[i].wantLetters = "delivered", 1, nil
		}
	}
	return mended
}
