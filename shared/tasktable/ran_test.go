package tasktable_test

import (
	"testing"
	"time"
)

// TestDuration: recording an end says how long the task ran since its last start, unless that is another run's.
func TestDuration(t *testing.T) {
	f := newFixture(t)
	id := newID()
	running, failed := `{"id":"`+id+`","status":"running"}`, `{"id":"`+id+`","result":false}`
	for _, step := range []struct {
		at      time.Duration
		message string
		want    time.Duration
	}{
		{0, running, 0},
		{5 * time.Second, running, 0},
		{9 * time.Second, failed, 4 * time.Second},
		{20 * time.Second, failed, 0}, // its start was not announced
		{30 * time.Second, running, 0},
		{42 * time.Second, `{"id":"` + id + `","result":true}`, 12 * time.Second},
	} {
		if got := f.record(t, announce(t, step.at.String(), step.at, step.message)).Duration; got != step.want {
			t.Errorf("after %v, it ran for %v, want %v", step.at, got, step.want)
		}
	}
}
