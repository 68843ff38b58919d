package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Names as long as CloudFormation's, and the caller's context.
const (
	outputBucket   = "sdoneksstack-outputs3bucket9fe85b9f-8uuojbsxkrsz"
	deliveryBucket = "sdtasktracker-deliverybucket4a97cf4d-k2p7xw0v3nqd"
	taskID         = "8f14e45f-ceea-467f-a0e6-1d2b3c4d5e6f"
	taskContext    = `{"user": "u-17", "session": "6f1c2a58-44b0-4c7e-9d3b-0a5e8c7f1b92", "order": 9007199254740993}`
	images         = 4
	inputTopic     = "arn:aws:sns:us-east-1:000000000000:SdOnEKSStack-input"
)

// bill is what AWS bills for a task.
type bill struct {
	copies int // all requests to S3
	// tableUnits and indexUnits are write request units: one for each started KB of
	// the item, or of its entry in the index.
	tableUnits, indexUnits int
	metrics                int // custom metrics, each with its dimensions
}

// maxLogBytes limits what a function logs in an invocation, including the first line of
// its sandbox. Lambda's own lines, about 800 bytes more, are the same for all functions.
const maxLogBytes = 850

// TestCosts measures what "Costs" in infra/README.md multiplies with prices.
//
//	go test ./infra/bench -run TestCosts -v
func TestCosts(t *testing.T) {
	running := step{"record", time.Minute, `"status": "running"`}
	record, deliver := step{"record", 0, completedFields()}, step{"deliver", 0, completedFields()}
	request := step{"record", 2 * time.Minute, ""}
	for name, test := range map[string]struct {
		steps []step
		want  bill
	}{
		"record before deliver":              {[]step{record, deliver}, bill{images, 4, 2, 8}},
		"running, record before deliver":     {[]step{running, record, deliver}, bill{images, 5, 4, 12}},
		"deliver before record":              {[]step{deliver, record}, bill{images, 4, 1, 8}},
		"running, deliver before record":     {[]step{running, deliver, record}, bill{images, 7, 4, 12}},
		"record before deliver, SNS repeats": {[]step{record, deliver, record}, bill{images, 6, 2, 9}},
		"request, record before deliver":     {[]step{request, record, deliver}, bill{images, 6, 4, 10}},
		"request, running, record before deliver": {
			[]step{request, running, record, deliver}, bill{images, 7, 6, 16}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMeter(t)
			for _, s := range test.steps {
				m.invoke(t, s)
			}
			t.Logf("a task takes %+v and %d bytes of log lines", m.bill, m.logBytes)
			if m.bill != test.want {
				t.Errorf("got %+v, want %+v", m.bill, test.want)
			}
			if m.logBytes > maxLogBytes*len(test.steps) {
				t.Errorf("%d invocations log %d bytes, want at most %d each", len(test.steps), m.logBytes, maxLogBytes)
			}
			if entry := size(t, m.item(t, m.index())); entry > 1024 {
				t.Errorf("an index entry may have %d bytes: each write would take two units", entry)
			}
		})
	}
}

// step is one invocation with an announcement, published so long before the end. Without fields, it is the task's
// request.
type step struct {
	function string
	before   time.Duration
	fields   string
}

func key(n int) string { return fmt.Sprintf("output/%s/%[1]s-0f3c-%d.png", taskID, n+1) }

func completedFields() string {
	var urls []string
	for n := range images {
		urls = append(urls, fmt.Sprintf("%q", "s3://"+outputBucket+"/"+key(n)))
	}
	return `"status": "completed", "result": true, "image_url": [` + strings.Join(urls, ", ") + `], ` +
		`"output_url": "s3://` + outputBucket + `/output/` + taskID + `/` + taskID + `-0f3c.out"`
}
