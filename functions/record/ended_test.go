package main

import "testing"

// TestEnded: the metrics of an end are the share of failures and, after a start, the duration.
func TestEnded(t *testing.T) {
	for name, test := range map[string]struct {
		message            string
		failures, duration any
	}{
		"OKCompleted": {`{"id":"a","result":true,"runtime":"sdruntime"}`, 0.0, 60_000.0},
		"OKFailed":    {`{"id":"a","result":false,"runtime":"sdruntime"}`, 1.0, 60_000.0},
		"NoneLost":    {`{"id":"a","result":false,"source":"reconcile"}`, nil, nil},
		"NoneStart":   {`{"id":"a","status":"running"}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			start := event(`{"id":"a","status":"running"}`)
			start.Records[0].SNS.Timestamp = noon.Add(-60_000_000_000)
			start.Records[0].SNS.MessageID = "start"
			if err := f.Handle(t.Context(), start); err != nil {
				t.Fatal(err)
			}
			if err := f.Handle(t.Context(), event(test.message)); err != nil {
				t.Fatal(err)
			}
			if line := f.lines(t)[1]; line["Failures"] != test.failures || line["Duration"] != test.duration {
				t.Errorf("the log says %v", line)
			}
		})
	}
}
