package page

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/picture"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/tasktable"
)

type subcommands struct {
	Browse Browse `cmd:""`
	Report Report `cmd:""`
}

func run(h *operatortest.History, args ...string) operatortest.Outcome {
	return operatortest.Run[subcommands](h.T, h.Surroundings, append([]string{"report"}, args...)...)
}

// read reads what a file's page begins with.
func read(t *testing.T, path string) (d data) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), `<script id="data" type="application/json">`)
	document, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatalf("%v in %.500s", err, document)
	}
	return d
}

// deployed is a stack with a history, the function redrive and record's dead-letter queue.
type deployed struct {
	*operatortest.History
	lambda    *localtest.Lambda
	messaging *localtest.Messaging
	queue     string
}

func deploy(t *testing.T) *deployed {
	t.Helper()
	d := &deployed{History: operatortest.NewHistory(t), messaging: localtest.Queues(t)}
	d.queue = d.messaging.Create(t, "record")
	redrive := lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/redrive")}
	redrive.Environment = map[string]string{"FUNCTIONS": "record=record,deliver=deliver",
		"QUEUES": "record=" + d.queue, "AWS_ENDPOINT_URL_SQS": d.messaging.Proxy.URL}
	d.lambda = localtest.Functions(t, redrive)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", d.lambda.Proxy.URL)
	t.Setenv("AWS_ENDPOINT_URL_SQS", d.messaging.Proxy.URL)
	d.Surroundings.Variables = append(d.Surroundings.Variables, "REDRIVE_FUNCTION=redrive", "RECORD_DLQ_URL="+d.queue,
		"DELIVERY_BUCKET=images")
	return d
}

// bury sends dead letters to the queue.
func (d *deployed) bury(t *testing.T, n int) {
	t.Helper()
	for first := 0; first < n; first += 10 {
		input := &sqs.SendMessageBatchInput{QueueUrl: aws.String(d.queue)}
		for i := first; i < min(first+10, n); i++ {
			input.Entries = append(input.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint("n", i)),
				MessageBody: aws.String("a dead letter")})
		}
		if _, err := d.messaging.SQS.SendMessageBatch(t.Context(), input); err != nil {
			t.Fatal(err)
		}
	}
}

func invokes(r faultproxy.Request) bool { return strings.Contains(r.Path, "/functions/") }

// denied answers as AWS does without a right.
var denied = faultproxy.Reply(403, "application/json", `{"__type":"AccessDeniedException","Message":"no"}`)

// TestIncomplete: what could not be read is neither nothing nor all. The page says so, and so does the exit code.
func TestIncomplete(t *testing.T) {
	d := deploy(t)
	d.bury(t, 2)
	wantProblem := func(t *testing.T, got operatortest.Outcome, path, counted, problem string) {
		t.Helper()
		page := read(t, path)
		if got.Code != 1 || !strings.Contains(got.Out, counted) || !strings.Contains(got.Progress, problem) ||
			!strings.Contains(strings.Join(page.Problems, "\n"), problem) {
			t.Errorf("exit code %d, problems %q:\n%s%s", got.Code, page.Problems, got.Out, got.Progress)
		}
	}
	path := filepath.Join(t.TempDir(), "page.html")
	t.Run("ErrInterrupted", func(t *testing.T) {
		defer d.lambda.Proxy.Reset()
		ctx := operatortest.Interrupt(t, d.lambda.Proxy, invokes, 0)
		got := operatortest.RunUntil[subcommands](ctx, d.Surroundings, "report", path)
		if _, err := os.Stat(path); err == nil || got.Code != 130 || got.Out != "" {
			t.Errorf("exit code %d, page %v:\n%s%s", got.Code, err, got.Out, got.Progress)
		}
	})
	t.Run("ErrListingDenied", func(t *testing.T) {
		defer d.lambda.Proxy.Reset()
		d.lambda.Proxy.Inject(faultproxy.Fault{Match: invokes, Do: denied})
		wantProblem(t, run(d.History, path), path, "and 2 dead letters", "list the dead letters of record: invoke redrive")
	})
	t.Run("ErrCountingDenied", func(t *testing.T) {
		defer d.messaging.Proxy.Reset()
		d.messaging.Proxy.Inject(faultproxy.Fault{Match: func(faultproxy.Request) bool { return true }, Do: denied})
		wantProblem(t, run(d.History, path), path, "an unknown number of dead letters", "count the dead letters of record")
	})
	t.Run("ErrNoFunction", func(t *testing.T) {
		old := operatortest.NewHistory(t)
		wantProblem(t, run(old, path), path, "and 0 dead letters", "The stack has no output RedriveFunction")
	})
	t.Run("ErrHidden", func(t *testing.T) {
		hide := &sqs.ReceiveMessageInput{QueueUrl: aws.String(d.queue), MaxNumberOfMessages: 10, VisibilityTimeout: 2}
		if _, err := d.messaging.SQS.ReceiveMessage(t.Context(), hide); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, run(d.History, path), path, "and 2 dead letters", "Of about 2 dead letters in the queue record, 0 are")
	})
	t.Run("ErrCut", func(t *testing.T) {
		d.bury(t, deadletter.MaxLetters)
		wantProblem(t, run(d.History, path), path, "and 1002 dead letters", "in the queue record, 1000 are listed here.")
	})
	t.Run("ErrImage", func(t *testing.T) {
		store := localtest.Buckets(t, "images")
		t.Setenv("AWS_ENDPOINT_URL_S3", store.Proxy.URL)
		wantProblem(t, run(d.History, "--inline", path), path, "", "could not be read: read s3://images/done/")
	})
}

// TestReport writes pages with links to images, with images inside, and with the dead letters.
func TestReport(t *testing.T) {
	d := deploy(t)
	store := localtest.Buckets(t, "images")
	t.Setenv("AWS_ENDPOINT_URL_S3", store.Proxy.URL)
	var uris []string
	for n := range 7 {
		key := fmt.Sprintf("%d.png", n+1)
		store.Put(t, "images", key, string(picture.PNG(key, 16, 16)))
		uris = append(uris, "s3://images/"+key)
	}
	store.Put(t, "images", "done/1.png", "")
	store.Put(t, "images", "done/ü 2.png", string(picture.PNG("2", 16, 16)))
	d.Deliver(d.Record(time.Minute, `{"id":"many","result":true,"image_url":["s3://out/1.png"],"context":{"x":1}}`), 0,
		tasktable.Delivery{Status: tasktable.Delivered, URIs: uris})
	path := filepath.Join(t.TempDir(), "page.html")
	for name, test := range map[string]struct {
		args, url string
	}{
		"OKLinks":  {"--expires 15m", store.Proxy.URL + "/images/1.png?"},
		"OKInside": {"--inline", "data:image/png;base64,"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(d.History, strings.Fields(path+" --since 2h --limit 5 "+test.args)...)
			if got.Code != 0 || got.Out != path+" has 5 tasks and 0 dead letters.\n" {
				t.Fatalf("got %+v", got)
			}
			page := read(t, path)
			objects := page.Tasks[0]["objects"].([]any)
			if url := objects[0].(map[string]any)["url"].(string); len(objects) != 7 || !strings.HasPrefix(url, test.url) {
				t.Errorf("%d objects, the first at %s", len(objects), url)
			}
			if page.Tasks[0]["context"] != "{\n  \"x\": 1\n}" || len(page.Problems) > 0 || len(page.Notes) != 1 ||
				!strings.Contains(page.Notes[0], "Only the newest 5 tasks since 2026-01-31T10:00:00.000Z are here.") {
				t.Errorf("got %+v", page)
			}
			if name == "OKInside" && page.Until != 0 {
				t.Errorf("a page without links says that they work until %d", page.Until)
			}
			if expires := operatortest.Noon.Add(15 * time.Minute).UnixMilli(); name == "OKLinks" && page.Until != expires {
				t.Errorf("links work until %d, not %d", page.Until, expires)
			}
		})
	}
	t.Run("OKOlderOpenTasks", func(t *testing.T) {
		d.Record(100*time.Hour, `{"id":"hung","status":"running"}`)
		d.Ask(100*time.Hour, announcement.Announcement{TaskID: "waiting"})
		if got := run(d.History, path, "--since", "1m"); got.Code != 0 || !strings.Contains(got.Out, " has 5 tasks ") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("OKGroup", func(t *testing.T) {
		d.bury(t, 2)
		run(d.History, path)
		group := read(t, path).Letters.Groups[0]
		if group.Count != 2 || group.Command != "sdtasks redrive --queue record" || len(group.Letters) != 2 {
			t.Errorf("got %+v", group)
		}
	})
}

// TestReportErrors: what the command line asks for is impossible, or the file can't be written.
func TestReportErrors(t *testing.T) {
	d := deploy(t)
	path := filepath.Join(t.TempDir(), "page.html")
	operatortest.WantFullDisk[subcommands](t, d.Surroundings, output.Formats, "report", path)
	for args, want := range map[string]string{
		"--expires 8d": "--expires must be from 1s to 7d", "--limit 0": "--limit must be at least 1",
	} {
		if got := run(d.History, strings.Fields(args)...); got.Code != 2 || !strings.Contains(got.Progress, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("beside the page: %v, %v", files, err)
	}
	for file, want := range map[string]string{os.DevNull: "is not a regular file", "/dev/null/x": "write the report"} {
		if got := run(d.History, file); got.Code != 1 || !strings.Contains(got.Progress, want) {
			t.Errorf("%s: %+v", file, got)
		}
	}
}
