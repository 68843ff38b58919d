package main

import (
	"bytes"
	"testing"
	"time"

	"sdtasktracker/shared/deadletter"
)

func TestShow(t *testing.T) {
	letters := []deadletter.Letter{
		{
			Queue: deadletter.FailedEvents("deliver"), MessageID: "1", TaskID: "gone",
			Age:   deadletter.Duration(13 * time.Second),
			Error: `1 of 1 objects are not delivered: copy "s3://sd-output-bucket/output/gone/gone-3f9a-1.png": NoSuchKey`,
		},
		{
			Queue: deadletter.FailedEvents("record"), MessageID: "2", Age: deadletter.Duration(26 * time.Hour),
			Error: "unreadable: the body is not JSON",
		},
	}
	counts := map[deadletter.Queue]*deadletter.Counts{
		deadletter.FailedEvents("record"):  {Listed: 1, Left: 1},
		deadletter.FailedEvents("deliver"): {Listed: 1, Left: 1, Skipped: 3},
	}
	var out bytes.Buffer
	show(&out, deadletter.Request{DryRun: true}, deadletter.Answer{Queues: counts, Letters: letters})
	want := `╭─────────┬──────────┬──────────────┬─────────┬──────╮
│ queue   │ redriven │ failed again │ skipped │ left │
├─────────┼──────────┼──────────────┼─────────┼──────┤
│ deliver │        0 │            0 │       3 │    1 │
│ record  │        0 │            0 │       0 │    1 │
╰─────────┴──────────┴──────────────┴─────────┴──────╯

Dead letters:
╭─────────┬───────────┬─────────┬──────────────────────────────────────────────────────────────────────────────────╮
│ queue   │ task      │     age │ error                                                                            │
├─────────┼───────────┼─────────┼──────────────────────────────────────────────────────────────────────────────────┤
│ record  │ message 2 │ 26h0m0s │ unreadable: the body is not JSON                                                 │
│ deliver │ gone      │     13s │ 1 of 1 objects are not delivered: copy                                           │
│         │           │         │ "s3://sd-output-bucket/output/gone/gone-3f9a-1.png": NoSuchKey                   │
╰─────────┴───────────┴─────────┴──────────────────────────────────────────────────────────────────────────────────╯
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%s", got)
	}
}
