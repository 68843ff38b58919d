package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// The outputs with the URLs of the queues that get dead letters in the scenario.
var (
	recordQueue  = deployment.FailedEvents("record").Output()
	deliverQueue = deployment.FailedEvents("deliver").Output()
)

// observation is the state of the stack that a user can see.
type observation struct {
	items   map[string]tasktable.Task
	letters map[string]int // by queue's output
	events  map[event]bool
}

func observe(ctx context.Context, s *stack.Stack, tasks []task) (observation, error) {
	o := observation{items: map[string]tasktable.Task{}, letters: map[string]int{}}
	table := tasktable.Table{Client: s.DynamoDB(), Name: s.Outputs[deployment.TaskTable]}
	for _, t := range tasks {
		item, err := table.Get(ctx, t.id)
		if err == nil {
			o.items[t.id] = item
		} else if !errors.Is(err, tasktable.ErrNotFound) {
			return o, err
		}
	}
	for _, queue := range []string{recordQueue, deliverQueue} {
		visible, hidden, err := deadletter.Count(ctx, s.SQS(), s.Outputs[queue])
		if err != nil {
			return o, fmt.Errorf("read %s: %w", queue, err)
		}
		if visible+hidden > 0 {
			o.letters[queue] = visible + hidden
		}
	}
	return o, nil
}

// check returns every difference from what the scenario expects.
func check(tasks []task, o observation) (problems []error) {
	letters := map[string]int{}
	for _, t := range tasks {
		problems = append(problems, t.check(o)...)
		if t.wantLetter != "" {
			letters[t.wantLetter]++
		}
	}
	if !maps.Equal(o.letters, letters) {
		problems = append(problems, fmt.Errorf("the dead-letter queues hold %v, not %v", o.letters, letters))
	}
	return problems
}

// check returns every difference from what the scenario expects of a task.
func (t task) check(o observation) (problems []error) {
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("task %s: "+format, append([]any{t.id}, args...)...))
	}
	item := o.items[t.id]
	if got := string(item.Status); got != t.wantStatus {
		problem("status is %q, not %q", got, t.wantStatus)
	}
	if item.Error != t.wantError {
		problem("error is %q, not %q", item.Error, t.wantError)
	}
	if got := string(item.DeliveryStatus); got != t.wantDelivery {
		problem("delivery_status is %q, not %q", got, t.wantDelivery)
	}
	if got := len(item.Delivered); got != len(t.images) {
		problem("%d images are delivered, not %d", got, len(t.images))
	}
	if kind := t.wantEvent(); kind != "" && !o.events[event{t.id, kind}] {
		problem("there is no event %s", kind)
	}
	return problems
}
