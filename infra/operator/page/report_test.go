package page

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

type subcommands struct {
	Report Report `cmd:""`
}

func run(h *operatortest.History, args ...string) operatortest.Outcome {
	return operatortest.Run[subcommands](h.T, h.Surroundings, append([]string{"report"}, args...)...)
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
	redrive.Environment = map[string]string{"RECORD_FUNCTION": "record", "DELIVER_FUNCTION": "deliver",
		"RECORD_DLQ_URL": d.queue, "AWS_ENDPOINT_URL_SQS": d.messaging.Proxy.URL}
	d.lambda = localtest.Functions(t, redrive)
	t.Setenv("AWS_ENDPOINT_URL_LAMBDA", d.lambda.Proxy.URL)
	d.Surroundings.Variables = append(d.Surroundings.Variables, "REDRIVE_FUNCTION=redrive")
	return d
}

// bury sends dead letters to the queue.
func (d *deployed) bury(t *testing.T, n int) {
	t.Helper()
	for range n {
		input := &sqs.SendMessageInput{QueueUrl: aws.String(d.queue), MessageBody: aws.String("a dead letter")}
		if _, err := d.messaging.SQS.SendMessage(t.Context(), input); err != nil {
			t.Fatal(err)
		}
	}
}

func invokes(r faultproxy.Request) bool { return strings.Contains(r.Path, "/functions/") }

// TestIncomplete: a page never says that there are no dead letters if that is not known.
func TestIncomplete(t *testing.T) {
	d := deploy(t)
	d.bury(t, 2)
	wantNoPage := func(got operatortest.Outcome, path string, code int, want string) {
		t.Helper()
		if _, err := os.Stat(path); err == nil || got.Code != code || got.Out != "" || !strings.Contains(got.Progress, want) {
			t.Errorf("exit code %d, page %v:\n%s%s", got.Code, err, got.Out, got.Progress)
		}
	}
	path := filepath.Join(t.TempDir(), "page.html")
	t.Run("interrupted", func(t *testing.T) {
		defer d.lambda.Proxy.Reset()
		ctx := operatortest.Interrupt(t, d.lambda.Proxy, invokes, 0)
		got := operatortest.RunUntil[subcommands](ctx, d.Surroundings, "report", "--file", path)
		wantNoPage(got, path, 130, "sdtasks: interrupted\n")
	})
	t.Run("denied", func(t *testing.T) {
		defer d.lambda.Proxy.Reset()
		d.lambda.Proxy.Inject(faultproxy.Fault{Match: invokes, Do: faultproxy.Reply(403, "application/json",
			`{"__type":"AccessDeniedException","Message":"no"}`)})
		wantNoPage(run(d.History, "--file", path), path, 1, "read the dead letters, without which no page is written")
	})
	t.Run("no function", func(t *testing.T) {
		old := operatortest.NewHistory(t)
		wantNoPage(run(old, "--file", path), path, 1, "the stack has no output RedriveFunction")
	})
	t.Run("hidden", func(t *testing.T) {
		hide := &sqs.ReceiveMessageInput{QueueUrl: aws.String(d.queue), MaxNumberOfMessages: 10, VisibilityTimeout: 2}
		if _, err := d.messaging.SQS.ReceiveMessage(t.Context(), hide); err != nil {
			t.Fatal(err)
		}
		wantNoPage(run(d.History, "--file", path), path, 1, "hidden by another reader")
	})
	t.Run("cut", func(t *testing.T) {
		d.bury(t, 110)
		got := run(d.History, "--file", path)
		page, err := os.ReadFile(path)
		if err != nil || got.Code != 1 || !strings.Contains(got.Out, "and 100 of about ") ||
			!strings.Contains(string(page), "Incomplete: only 100 of about ") ||
			!strings.Contains(got.Progress, "does not have all dead letters") {
			t.Errorf("exit code %d, %v:\n%s%s", got.Code, err, got.Out, got.Progress)
		}
	})
}

// TestReport writes a page with links to images, and dead letters.
func TestReport(t *testing.T) {
	h := deploy(t).History
	var uris []string
	for n := range maxImages + 1 {
		uris = append(uris, fmt.Sprintf("s3://images/%d.png", n+1))
	}
	h.Deliver(h.Record(time.Minute, `{"id":"many","result":true,"image_url":["s3://out/1.png"]}`), 0,
		tasktable.Delivery{Status: tasktable.Delivered, URIs: uris})
	path := filepath.Join(t.TempDir(), "page.html")
	got := run(h, "--file", path, "--since", "2h", "--limit", "5")
	if got.Code != 0 || got.Out != path+" has 5 tasks and 0 dead letters.\n" {
		t.Fatalf("got %+v", got)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	if n := strings.Count(text, "<img "); n != maxImages+2 { // the history's own task has two
		t.Errorf("%d images", n)
	}
	for _, want := range []string{"X-Amz-Signature", "Only the newest 5 tasks are shown.", "s3://images/6.png"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("beside the page: %v, %v", files, err)
	}
	operatortest.WantFullDisk[subcommands](t, h.Surroundings, output.Formats, "report", "--file", path)
	for args, want := range map[string]string{
		"--expires 8d": "--expires must be from 1s to 7d", "--limit 0": "--limit must be at least 1",
	} {
		if got := run(h, strings.Fields(args)...); got.Code != 2 ||
			!strings.Contains(got.Progress, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if got := run(h, "--file", os.DevNull); got.Code != 1 || !strings.Contains(got.Progress, "is not a regular file") {
		t.Errorf("got %+v", got)
	}
	got = run(h, "--file", "/dev/null/x")
	if got.Code != 1 || !strings.Contains(got.Progress, "write the report") {
		t.Errorf("got %+v", got)
	}
}
