package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sdtasktracker/shared/deployment"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// history is what happened to some tasks, all of whose keys and ids begin with a
// name.
type history struct {
	name     string
	ids      []string
	objects  map[string]string    // what the guidance left, by key
	ended    map[string]time.Time // when
	images   []string             // the keys of those that are to be delivered
	messages []historic
}

// historic is an announcement.
type historic struct {
	id, message string
	at          time.Time
	// lost are the functions that never saw it.
	lost []string
}

// send invokes functions with the announcement.
func (m historic) send(t *testing.T, functions ...string) {
	for _, f := range functions {
		_, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: aws.String(local.Outputs[deployment.FunctionOutput(f)]), Payload: snsEvent(m.id, m.at, m.message)})
		if err != nil {
			t.Error(err)
		}
	}
}

// endings are odd ends of ids: neighbours in the order of keys, and what would be
// special in a URL or a file name.
var endings = []string{"", "-1", "-1a2b", ".out", " 1", "#1?x=%41", "+ü画", "~"}

func newHistory(name string, tasks int, random *rand.Rand) *history {
	h := &history{name: name, objects: map[string]string{}, ended: map[string]time.Time{}}
	for n := range tasks {
		id := fmt.Sprint(name, n/len(endings), endings[n%len(endings)])
		h.ids = append(h.ids, id)
		at := time.Now().Add(-time.Duration(2+random.IntN(20)) * time.Hour).Truncate(time.Millisecond)
		for range 1 + random.IntN(3) {
			at = at.Add(time.Minute)
			h.say(at, id, "running", map[string]any{"id": id, "status": "running", "runtime": "sdruntime"})
			at = at.Add(time.Duration(2000+random.IntN(90_000)) * time.Millisecond)
			h.run(at, id, random)
		}
	}
	return h
}

func (h *history) say(at time.Time, id, what string, fields map[string]any) {
	message, _ := json.Marshal(fields)
	h.messages = append(h.messages, historic{id: fmt.Sprint(id, what, len(h.messages)), at: at, message: string(message)})
}

// run is a run that ends at a time.
func (h *history) run(at time.Time, id string, random *rand.Rand) {
	prefix := []string{"", h.name + "/", h.name + "//x/"}[random.IntN(3)]
	if strings.Contains(prefix, "//") {
		prefix = h.name + "/x/" // the local server does not keep empty folders
	}
	run := fmt.Sprintf("%s%s/%s-%04x", prefix, id, id, random.IntN(1<<16))
	bucket := "s3://" + local.Outputs[deployment.OutputBucket] + "/"
	urls, images := []string{}, random.IntN(4)
	for n := range images {
		key := fmt.Sprintf("%s-%d.png", run, n+1)
		h.objects[key], h.ended[key] = "image "+strings.ReplaceAll(key, h.name, ""), at
		h.images, urls = append(h.images, key), append(urls, bucket+key)
	}
	output := `{"code": 200}`
	succeeded := images > 0 || random.IntN(2) == 0
	if !succeeded {
		output = `{"parameters": {"error_msg": "it broke"}}`
	}
	h.objects[run+".out"], h.ended[run+".out"] = output, at
	status := map[bool]string{true: "completed", false: "failed"}[succeeded]
	h.say(at.Add(time.Duration(random.IntN(3000))*time.Millisecond), id, "end", map[string]any{
		"id": id, "runtime": "sdruntime", "result": succeeded, "status": status, "image_url": urls,
		"output_url": bucket + run + ".out", "context": map[string]int{"n": 1},
	})
}

// leave puts the history's objects into the output bucket, with their times.
func (h *history) leave(t *testing.T) {
	t.Helper()
	for key, body := range h.objects {
		upload(t, key, []byte(body))
		path := filepath.Join(local.ObjectsDir, local.Outputs[deployment.OutputBucket], key)
		if err := os.Chtimes(path, h.ended[key], h.ended[key]); err != nil {
			t.Fatal(err)
		}
	}
}
