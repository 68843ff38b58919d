package main

import "testing"

func TestNotRun(t *testing.T) {
	for name, test := range map[string]struct {
		counts map[string]int
		want   string
	}{
		"everything runs": {nil, ""},
		"by type": {map[string]int{"AWS::Scheduler::Schedule": 1, "AWS::CloudWatch::Alarm": 24},
			"Declared, but not run on this machine: 24 CloudWatch::Alarm, 1 Scheduler::Schedule.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := notRun(test.counts); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
