package main

import (
	"slices"
	"sync"

	"sdtasktracker/shared/reconciliation"
)

// tally collects the answer. It is safe for concurrent use.
type tally struct {
	mutex  sync.Mutex
	answer reconciliation.Answer
}

func newTally() *tally {
	t := &tally{}
	t.answer.Kinds = map[reconciliation.Kind]int{}
	return t
}

// leave adds ranges that another invocation has to continue with.
func (t *tally) leave(parts []reconciliation.Range) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.answer.More = append(t.answer.More, parts...)
}

func (t *tally) countObjects(all, foreign int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.answer.Objects += all
	t.answer.Foreign += foreign
}

func (t *tally) count(f reconciliation.Finding) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.answer.Runs++
	t.answer.Kinds[f.Kind]++
	if f.Repaired {
		t.answer.Repaired++
	}
	if f.Error != "" {
		t.answer.Failed++
	}
	quiet := f.Kind == reconciliation.Agreeing || f.Kind == reconciliation.Expired
	if !quiet && len(t.answer.Findings) < reconciliation.MaxFindings {
		t.answer.Findings = append(t.answer.Findings, f)
	}
}

func (t *tally) result(requests, throttled int) reconciliation.Answer {
	t.answer.Requests, t.answer.Throttled = requests, throttled
	slices.SortFunc(t.answer.Findings, reconciliation.Finding.Compare)
	return t.answer
}
