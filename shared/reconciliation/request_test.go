package reconciliation_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/reconciliation"
)

func TestParse(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		request reconciliation.Request
		want    string // a piece of the error; "" for none
	}{
		"OK":               {reconciliation.Request{}, ""},
		"OKRestore":        {reconciliation.Request{Repair: true, Restore: true}, ""},
		"OKPeriod":         {reconciliation.Request{Since: at, Until: at.Add(time.Second)}, ""},
		"OKLastHours":      {reconciliation.Request{LastHours: 2, Until: at}, ""},
		"OKMostOutputs":    {reconciliation.Request{Outputs: make([]string, 1000)}, ""},
		"OKLowestRate":     {reconciliation.Request{RatePerSecond: 0.001}, ""},
		"OKHighestRate":    {reconciliation.Request{RatePerSecond: 10_000}, ""},
		"ErrRestoreOnly":   {reconciliation.Request{Restore: true}, "restore needs repair"},
		"ErrEmptyPeriod":   {reconciliation.Request{Since: at, Until: at}, "since is not before until"},
		"ErrTwoBeginnings": {reconciliation.Request{Since: at, LastHours: 2}, "either since or lastHours"},
		"ErrLastHours":     {reconciliation.Request{LastHours: -1}, "lastHours is -1"},
		"ErrSeconds":       {reconciliation.Request{Seconds: -1}, "seconds is -1"},
		"ErrOutputs":       {reconciliation.Request{Outputs: make([]string, 1001)}, "1001 outputs"},
		"ErrPrefix":        {reconciliation.Request{Outputs: []string{"a"}, Prefix: "b"}, "outputs"},
		"ErrContinue": {reconciliation.Request{Outputs: []string{"a"}, Continue: []reconciliation.Range{{}}},
			"outputs"},
		"ErrRateTooLow":  {reconciliation.Request{RatePerSecond: 0.0009}, "ratePerSecond is 0.0009"},
		"ErrRateTooHigh": {reconciliation.Request{RatePerSecond: 10_001}, "ratePerSecond is 10001"},
	} {
		t.Run(name, func(t *testing.T) {
			event, err := json.Marshal(test.request)
			if err != nil {
				t.Fatal(err)
			}
			_, err = reconciliation.Parse(event)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	inOrder := []reconciliation.Finding{
		{Kind: reconciliation.MissingInTable, Run: "b"}, {Kind: reconciliation.MissingInTable, Run: "c"},
		{Kind: reconciliation.MissingImage, Run: "a"}, {Kind: reconciliation.Undecidable, Run: "a"},
	}
	for i := range inOrder[1:] {
		if inOrder[i].Compare(inOrder[i+1]) >= 0 || inOrder[i+1].Compare(inOrder[i]) <= 0 {
			t.Errorf("%+v does not come before %+v", inOrder[i], inOrder[i+1])
		}
	}
}
