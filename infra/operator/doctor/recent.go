package doctor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// maxRecent is how many of the most recent tasks are looked at.
const maxRecent = 200

// checkRecentTasks compares the guidance's input queues with how long the tasks take that completed most recently, and
// says whether the guidance announced their starts.
func checkRecentTasks(ctx context.Context, d *deployment.Deployment) []check.Result {
	if d.TaskTable == "" {
		return nil
	}
	var durations []time.Duration
	recent := 0
	until := time.Now().Add(tasktable.ClockSkew)
	for task, err := range d.Table().Between(ctx, announcement.Completed, time.Time{}, until) {
		if err != nil {
			failed := check.Failed("starts of tasks", "dynamodb:Query of the table's index", err)
			return append(checkInputQueues(ctx, d, nil), failed)
		}
		if d, known := task.Duration(); known {
			durations = append(durations, d)
		}
		if recent++; recent == maxRecent {
			break
		}
	}
	slices.Sort(durations)
	return append(checkInputQueues(ctx, d, durations), checkStarts(d, recent, len(durations)))
}

// checkStarts says whether the guidance announces starts, given how many of the recent tasks were announced as running.
func checkStarts(d *deployment.Deployment, recent, started int) check.Result {
	const about = "starts of tasks"
	switch {
	case recent == 0:
		run := fmt.Sprintf("run a task, or %v", d.Line.For("doctor", "--smoke"))
		return check.Unclear(about, run, "no task has completed yet")
	case started == 0:
		return check.Unclear(about,
			"to see running tasks, set EXP_CALLBACK_WHEN_RUNNING=true for the guidance's queue agents",
			"none of the last %d tasks was announced as running", recent)
	}
	return check.Right(about, "%d of the last %d tasks were announced as running", started, recent)
}
