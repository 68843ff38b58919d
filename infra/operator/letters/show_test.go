package letters

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
)

func TestShow(t *testing.T) {
	letters := []deadletter.Summary{
		{
			Queue: deployment.FailedEvents("deliver"), MessageID: "1", TaskID: "gone",
			Age:   deadletter.Duration(13 * time.Second),
			Error: `1 of 1 objects are not delivered: copy "s3://sd-output-bucket/output/gone/gone-3f9a-1.png": NoSuchKey`,
		},
		{
			Queue: deployment.FailedEvents("record"), MessageID: "2", Age: deadletter.Duration(26 * time.Hour),
			Error: "unreadable: the body is not JSON",
		},
		{
			Queue: deployment.FailedEvents("record"), MessageID: "3", SNSMessageID: "4", Age: deadletter.Duration(time.Minute),
			Error: "invalid announcement: message is not JSON",
		},
	}
	counts := map[deployment.Queue]*deadletter.Counts{
		deployment.FailedEvents("record"):  {Listed: 2, Left: 2},
		deployment.FailedEvents("deliver"): {Listed: 1, Left: 1, Skipped: 3},
	}
	var out bytes.Buffer
	p := output.NewPrinter(command.Terminal{Out: &out}, time.Now)
	(&Redrive{DryRun: true, Letters: true}).show(p, command.Line{}, deadletter.Answer{Queues: counts, Letters: letters})
	operatortest.Golden(t, "redrive-letters.txt", out.String())
}

func TestShowMore(t *testing.T) {
	letters := slices.Repeat([]deadletter.Summary{{Queue: "record"}}, 2)
	for name, test := range map[string]struct {
		request Redrive
		counts  deadletter.Counts
		title   string
		more    string
	}{
		"OKDryRun": {
			Redrive{DryRun: true}, deadletter.Counts{Listed: 2}, "record: 2 dead letters, the oldest 0s old",
			"More are waiting: without a condition or --max, a dry run lists at most 1000 of each queue.\n",
		},
		"OKDryRunWithCondition": {
			Redrive{DryRun: true, TaskID: "a"}, deadletter.Counts{Listed: 7}, "\nDead letters, the first 2 of 7:\n",
			"More may be waiting: redrive stopped before the end of a queue.\n",
		},
		"OKRedrive": {
			Redrive{}, deadletter.Counts{Failed: 2}, "record: 2 dead letters",
			"More may be waiting: redrive stopped before the end of a queue.\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			counts := map[deployment.Queue]*deadletter.Counts{deployment.FailedEvents("record"): &test.counts}
			p := output.NewPrinter(command.Terminal{Out: &out}, time.Now)
			test.request.show(p, command.Line{}, deadletter.Answer{Queues: counts, Letters: letters, More: true})
			if got := out.String(); !strings.Contains(got, test.title) || !strings.HasSuffix(got, "\n\n"+test.more) {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}

func TestShowThrottled(t *testing.T) {
	var out bytes.Buffer
	p := output.NewPrinter(command.Terminal{Out: &out}, time.Now)
	(&Redrive{}).show(p, command.Line{}, deadletter.Answer{Throttled: 7})
	want := "\n\nLambda throttled 7 invocations, which were retried at a lower rate.\n"
	if got := out.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got:\n%s", got)
	}
}
