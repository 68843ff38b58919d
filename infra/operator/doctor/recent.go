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

// recentTasks are the tasks that completed most recently.
func recentTasks(ctx context.Context, d *deployment.Deployment) (tasks []tasktable.Task, err error) {
	until := time.Now().Add(tasktable.ClockSkew)
	for task, err := range d.Table().Between(ctx, announcement.Completed, time.Time{}, until) {
		if err != nil {
			return nil, err
		}
		if tasks = append(tasks, task); len(tasks) == maxRecent {
			break
		}
	}
	return tasks, nil
}

// usualDuration is how long 95% of recent tasks take at most.
func usualDuration(ctx context.Context, d *deployment.Deployment) (usual time.Duration, known bool) {
	tasks, err := recentTasks(ctx, d)
	if err != nil {
		return 0, false
	}
	var durations []time.Duration
	for _, t := range tasks {
		if d, known := t.Duration(); known {
			durations = append(durations, d)
		}
	}
	if len(durations) == 0 {
		return 0, false
	}
	slices.Sort(durations)
	return durations[(len(durations)*95+99)/100-1], true
}

// checkStarts says whether the guidance announces starts, by the recent tasks.
func checkStarts(ctx context.Context, d *deployment.Deployment) []check.Result {
	const about = "starts of tasks"
	if d.TaskTable == "" {
		return nil
	}
	recent, err := recentTasks(ctx, d)
	if err != nil {
		return []check.Result{check.Failed(about, "dynamodb:Query of the table's index", err)}
	}
	if len(recent) == 0 {
		run := fmt.Sprintf("run a task, or %v", d.Line.For("doctor", "--smoke"))
		return []check.Result{check.Unclear(about, run, "no task has completed yet")}
	}
	started := 0
	for _, t := range recent {
		if !t.StartedAt.IsZero() {
			started++
		}
	}
	if started == 0 {
		return []check.Result{check.Unclear(about,
			"to see running tasks, set EXP_CALLBACK_WHEN_RUNNING=true for the guidance's queue agents",
			"none of the last %d tasks was announced as running", len(recent))}
	}
	return []check.Result{check.Right(about, "%d of the last %d tasks were announced as running", started, len(recent))}
}
