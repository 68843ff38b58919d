package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/reconciliation"
)

// newSchedule makes a schedule of reconcile, which repairs the runs that ended in
// the last two intervals: if one run fails, the next repairs what it missed.
func newSchedule(d *deployed) {
	every := d.settings.ReconcileEvery
	request, _ := json.Marshal(reconciliation.Request{Repair: true, LastHours: int(2 * every / time.Hour)})
	reconcile := d.named("reconcile").function
	// A group of its own, because Scheduler's metrics are those of a group.
	d.schedules = awsscheduler.NewCfnScheduleGroup(d.stack, jsii.String("ReconcileSchedules"), nil)
	awsscheduler.NewCfnSchedule(d.stack, jsii.String("ReconcileSchedule"), &awsscheduler.CfnScheduleProps{
		Description:        jsii.String("Rebuilds what was never announced, or never arrived"),
		GroupName:          d.schedules.Ref(),
		ScheduleExpression: jsii.String(rate(every)),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn:     reconcile.FunctionArn(),
			Input:   jsii.String(string(request)),
			RoleArn: newScheduleRole(d, allow("lambda:InvokeFunction").on(*reconcile.FunctionArn())).RoleArn(),
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(3600), MaximumRetryAttempts: jsii.Number(10),
			},
		},
	})
}

// rate is an interval as EventBridge Scheduler writes it ("Schedule types in
// EventBridge Scheduler", EventBridge Scheduler User Guide).
func rate(every time.Duration) string {
	n, unit := int(every/time.Hour), "hour"
	if n%24 == 0 {
		n, unit = n/24, "day"
	}
	if n > 1 {
		unit += "s"
	}
	return fmt.Sprintf("rate(%d %s)", n, unit)
}

// newScheduleRole makes the schedule's role, for schedules of its group only
// ("Confused deputy prevention in EventBridge Scheduler", EventBridge Scheduler User
// Guide).
func newScheduleRole(d *deployed, work ...statement) awsiam.IRole {
	role := awsiam.NewRole(d.stack, jsii.String("ScheduleRole"), &awsiam.RoleProps{
		Description: jsii.String("What the schedule of the reconcile function may do"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
				"StringEquals": map[string]any{
					"aws:SourceAccount": d.settings.Account, "aws:SourceArn": d.schedules.AttrArn(),
				},
			}}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"work": statements(work).document()},
	})
	return role.WithoutPolicyUpdates(nil)
}

// scheduleMetric is one of EventBridge Scheduler's metrics of the stack's schedule
// ("Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch", EventBridge
// Scheduler User Guide).
func (d *deployed) scheduleMetric(name string) awscloudwatch.Metric {
	return metric("AWS/Scheduler", name, "Sum", map[string]*string{"ScheduleGroup": d.schedules.Ref()})
}

// reconcileAlarms are those of a stack with a schedule.
func reconcileAlarms(d *deployed) []alarm {
	f := d.named("reconcile")
	schedule := runbook + "a-schedule-that-doesnt-run"
	now := " " + d.settings.tasks("reconcile --repair") + " repairs it now."
	return []alarm{
		{"Reconcile-Repaired", ownMetric(d.settings, metrics.ReconciledRepaired, "Sum"), 0, 1,
			"Announcements or copies were lost. The reconcile function has repaired them, but for their contexts, and more " +
				"may get lost.",
			d.settings.tasks("doctor") + " checks the topic's subscriptions and the dead-letter queues.",
			runbook + "reconcile"},
		{"Reconcile-Errors", f.metric("Errors", "Sum"), 0, 1,
			"The reconcile function failed. Its next run repairs what this one did not, but the run after it no longer does.",
			d.settings.logs(f, "2h", failures) + " shows why.", runbook + "a-failing-function"},
		{"Reconcile-EventsDropped", f.metric("AsyncEventsDropped", "Sum"), 0, 1,
			"Lambda gave up a scheduled run of the reconcile function: the function failed (then Reconcile-Errors went off, " +
				"too), or it was throttled for an hour.",
			concurrency(d.settings) + now, schedule},
		{"Schedule-InvocationsDropped", d.scheduleMetric("InvocationDroppedCount"), 0, 1,
			"EventBridge Scheduler gave up starting the reconcile function: nothing was compared this time.",
			"The schedule's role must allow it: " + undo + "." + now, schedule},
		{"Schedule-TargetErrors", d.scheduleMetric("TargetErrorCount"), 0, 1,
			"Lambda refused to start the reconcile function when EventBridge Scheduler asked it to. If that may pass, " +
				"Scheduler tries again for an hour.",
			"The schedule's role must allow it: " + undo + "." + now, schedule},
	}
}
