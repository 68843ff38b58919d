package deadletter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/deadletter"
)

func TestParse(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		r, err := deadletter.ParseRequest([]byte(`{"queue":"deliver","max":5,"dryRun":true,"errorContains":"x",` +
			`"taskId":"a","olderThan":"1h30m","ratePerSecond":0.5}`))
		want := deadletter.Request{Queue: "deliver", Max: 5, DryRun: true, ErrorContains: "x", TaskID: "a",
			OlderThan: deadletter.Duration(90 * time.Minute), RatePerSecond: 0.5}
		if err != nil || r != want {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	t.Run("OKEmpty", func(t *testing.T) {
		if r, err := deadletter.ParseRequest([]byte(`{}`)); err != nil || r != (deadletter.Request{}) {
			t.Errorf("got %+v, %v", r, err)
		}
	})
	for name, test := range map[string]struct{ in, want string }{
		"ErrUnknownField": {`{"dry_run":true}`, "dryRun"},
		"ErrMax":          {`{"max":-1}`, "max is -1"},
		"ErrRate":         {`{"ratePerSecond":-1}`, "ratePerSecond is -1"},
		"ErrRateTooHigh":  {`{"ratePerSecond":10001}`, "ratePerSecond is 10001"},
		"ErrRateTooLow":   {`{"ratePerSecond":0.0009}`, "ratePerSecond is 0.0009"},
		"ErrOlderThan":    {`{"olderThan":"soon"}`, "soon"},
		"ErrOlderThan2":   {`{"olderThan":600}`, "10m"},
		"ErrNegative":     {`{"olderThan":"-1s"}`, "negative"},
		"ErrNotJSON":      {`x`, "invalid request"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := deadletter.ParseRequest([]byte(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestRequestRoundTrip(t *testing.T) {
	want := deadletter.Request{Queue: "record", OlderThan: deadletter.Duration(time.Minute)}
	data, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := deadletter.ParseRequest(data); err != nil || got != want {
		t.Errorf("%s became %+v, %v", data, got, err)
	}
}

func TestLimit(t *testing.T) {
	for name, test := range map[string]struct {
		request deadletter.Request
		want    int
	}{
		"NoneOfRedrive": {deadletter.Request{}, 0},
		"OKMax":         {deadletter.Request{Max: 7}, 7},
		"OKDryRun":      {deadletter.Request{DryRun: true, Queue: "record"}, 1000},
		"OKDryRunMax":   {deadletter.Request{DryRun: true, Max: 700}, 700},
		"NoneForTask":   {deadletter.Request{DryRun: true, TaskID: "a"}, 0},
		"NoneForError":  {deadletter.Request{DryRun: true, ErrorContains: "x"}, 0},
		"NoneForAge":    {deadletter.Request{DryRun: true, OlderThan: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.request.Limit(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
