package page

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"sdtasktracker/infra/local/picture"
	"sdtasktracker/shared/announcement"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// noon is when the samples are made.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// hostile is text that would run, load, hide or break something if it were not escaped.
const hostile = `</script><script>alert(1)</script><img src="https://example.com/x" onerror="alert(2)">` +
	"\u202e\u2066\u200b\x1b[31m{{.Title}}"

// pictures are images inside the page, smaller if there are many tasks.
func pictures(tasks int) (urls []string) {
	for n := range 36 {
		side := max(32, min(384, 16000/tasks))
		drawn := picture.PNG(fmt.Sprint("sample ", n), side, side)
		urls = append(urls, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(drawn))
	}
	return urls
}

var (
	subjects = []string{"lighthouse", "ringed-planet", "old-harbor", "dunes-at-dawn", "neon-alley", "misty-ridge",
		"paper-city", "aurora", "tea-house", "red-canyon", "glass-forest", "observatory"}
	runtimes = []string{"sdruntime", "sdruntime", "comfyui", "flux"}
	errors_  = []string{
		"CUDA out of memory. Tried to allocate %d.00 MiB (GPU 0; 14.76 GiB total capacity)",
		"Runtime handler failed: connection refused by 127.0.0.1:8080 after %d tries",
		"Model not found: /models/checkpoints/sdxl_turbo_%d.safetensors",
	}
)

// sampleTasks are n tasks of the last days, the newest first: most completed, some running, two of these for hours, one
// queued for hours, and some failed.
func sampleTasks(n int) (all []tasktable.Task) {
	random := rand.New(rand.NewPCG(1, 2))
	at := noon
	for i := range n {
		at = at.Add(-time.Duration(1+random.IntN(4*3600*30/max(n, 30))) * time.Second)
		task := tasktable.Task{ID: fmt.Sprintf("%s-%04x", subjects[random.IntN(len(subjects))], i*40503&0xffff),
			Runtime: runtimes[random.IntN(len(runtimes))], UpdatedAt: at, Status: announcement.Completed, Runs: 1}
		took := time.Duration(8+random.ExpFloat64()*25) * time.Second
		task.StartedAt, task.FinishedAt = at.Add(-took), at
		task.Caller = fmt.Sprint("u-", random.IntN(40))
		task.Context = json.RawMessage(`{"user":"` + task.Caller + `"}`)
		task.Request = json.RawMessage(fmt.Sprintf(`{"task_type":"text-to-image","prompt":"%s at golden hour, 35 mm",`+
			`"seed":%d,"steps":20}`, subjects[i%len(subjects)], random.IntN(1<<30)))
		switch {
		case i == 2 || i == n/3 || i == n-2:
			task.Status, task.FinishedAt, task.FirstStartedAt, task.StartedAt = announcement.Running, time.Time{}, at, at
		case i == n-3:
			task.Status, task.FinishedAt, task.StartedAt, task.QueuedAt = announcement.Queued, time.Time{}, time.Time{}, at
		case i%11 == 5:
			task.Status, task.Runs = announcement.Failed, 0
			task.Error = fmt.Sprintf(errors_[random.IntN(random.IntN(3)+1)], 20+random.IntN(400))
		case i%37 == 20:
			task.DeliveryStatus = tasktable.DeliveryEmpty
		case i%53 == 30:
			task.DeliveryStatus, task.ImageCount = tasktable.DeliveryFailed, 2
			task.DeliveryError = fmt.Sprintf("2 of 2 objects are not delivered: copy \"s3://output/%s\": AccessDenied", task.ID)
		default:
			task.DeliveryStatus, task.DeliveredAt = tasktable.Delivered, at.Add(1400*time.Millisecond)
			task.ImageCount = []int{1, 4, 1, 2, 4, 9}[random.IntN(6)]
			for k := range task.ImageCount {
				task.Delivered = append(task.Delivered, fmt.Sprintf("s3://images/output/%s/%[1]s-0f3c-%d.png", task.ID, k+1))
			}
		}
		all = append(all, task)
	}
	return all
}

// sample is a page about n tasks, with images inside.
func sample(n int) data {
	d := data{Stack: "SdTaskTracker", Place: "eu-west-1", Made: noon.UnixMilli(), Notes: []string{}, Problems: []string{},
		Statuses: tasktable.Statuses, Deliveries: deliveries, Fields: headings(), Stuck: "sdtasks stuck",
		Callers: true, Requests: true}
	images, urls := 0, pictures(n)
	for _, task := range sampleTasks(n) {
		e, objects := newEntry(tasktable.Details{Task: task}), []object{}
		for _, uri := range task.Delivered {
			o := newObject(uri, task)
			o.URL = urls[images%len(urls)]
			images++
			objects = append(objects, o)
		}
		e["objects"] = objects
		d.Tasks = append(d.Tasks, e)
	}
	waiting, none := 112, 0
	d.Letters = &letters{Problems: []string{}, Queues: []queueCount{{Queue: "deliver", Waiting: &waiting, Listed: 100}}}
	for _, queue := range []names.Queue{"record", "deliver-subscription", "record-subscription"} {
		d.Letters.Queues = append(d.Letters.Queues, queueCount{Queue: queue, Waiting: &none})
	}
	d.Letters.Groups = []letterGroup{
		{Queue: "deliver", Reason: "copy … NoSuchKey: The specified key does not exist.", Count: 88, Oldest: 7200e3,
			Command: "sdtasks redrive --queue deliver --error-contains NoSuchKey",
			Letters: []letter{{"aurora-1", "aurora-1", "copy s3://out/a/1.png: NoSuchKey: The key does not exist.", 7200e3}}},
		{Queue: "deliver", Reason: "copy … AccessDenied: Access Denied", Count: 12, Oldest: 600e3,
			Command: "sdtasks redrive --queue deliver --error-contains AccessDenied",
			Letters: []letter{{"dunes-2", "dunes-2", "copy s3://out/dunes-2/1.png: AccessDenied", 600e3}}},
	}
	return d
}
