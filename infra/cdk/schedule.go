package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/reconciliation"
)

// overdueEvery is the number of minutes between counts of the tasks that have been queued or running for too long. They
// read only those tasks' entries in the index, which costs a few cents a month for 2,900 invocations. The schedule that
// repairs can't count them: it may be off, runs at most once an hour, and lists the buckets.
const overdueEvery = 15

// newSchedules makes reconcile's schedules. The first repairs the runs that ended in the last two intervals, so that
// an invocation also repairs what the invocation before it missed if that failed. The second counts overdue tasks.
func newSchedules(d *deployed) {
	hours, counts := d.settings.ReconcileHours, d.input != nil
	if hours == 0 && !counts {
		return
	}
	// The stack has its own group, because Scheduler has metrics for groups, not for schedules.
	d.schedules = awsscheduler.NewCfnScheduleGroup(d.stack, jsii.String("ReconcileSchedules"), nil)
	role := newScheduleRole(d)
	if hours > 0 {
		d.schedule("ReconcileSchedule", "Records and delivers runs whose announcement or copy was lost",
			awscdk.Duration_Hours(jsii.Number(hours)), role, reconciliation.Request{Repair: true, LastHours: 2 * hours})
	}
	if counts {
		d.schedule("OverdueSchedule", "Counts the tasks that have been queued or running for too long",
			minutes(overdueEvery), role, reconciliation.Request{Overdue: true})
	}
}

// schedule makes a schedule that sends a request to reconcile.
func (d *deployed) schedule(
	id, description string, every awscdk.Duration, role awsiam.IRole, request reconciliation.Request,
) {
	input, _ := json.Marshal(request)
	awsscheduler.NewCfnSchedule(d.stack, jsii.String(id), &awsscheduler.CfnScheduleProps{
		Description:        jsii.String(description),
		GroupName:          d.schedules.Ref(),
		ScheduleExpression: awsscheduler.ScheduleExpression_Rate(every).ExpressionString(),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: jsii.String("OFF")},
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn:     d.named("reconcile").function.FunctionArn(),
			Input:   jsii.String(string(input)),
			RoleArn: role.RoleArn(),
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumEventAgeInSeconds: jsii.Number(3600), MaximumRetryAttempts: jsii.Number(10),
			},
		},
	})
}

// newScheduleRole makes the schedules' role, which only schedules of their group may
// assume ("Confused deputy prevention in EventBridge Scheduler", EventBridge Scheduler
// User Guide).
func newScheduleRole(d *deployed) awsiam.IRole {
	work := statements{allow("lambda:InvokeFunction").on(*d.named("reconcile").function.FunctionArn())}
	role := awsiam.NewRole(d.stack, jsii.String("ScheduleRole"), &awsiam.RoleProps{
		Description: jsii.String("What the schedule of the reconcile function may do"),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("scheduler.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
				"StringEquals": map[string]any{
					"aws:SourceAccount": d.settings.Account, "aws:SourceArn": d.schedules.AttrArn(),
				},
			}}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"work": work.document()},
	})
	return role.WithoutPolicyUpdates(nil)
}

// scheduleMetric returns one of EventBridge Scheduler's metrics of the stack's schedules
// ("Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch", EventBridge
// Scheduler User Guide).
func (d *deployed) scheduleMetric(name string) awscloudwatch.Metric {
	return metric("AWS/Scheduler", name, "Sum", map[string]*string{"ScheduleGroup": d.schedules.Ref()})
}

// reconcileAlarms are the alarms of a stack with a schedule.
func reconcileAlarms(d *deployed) []alarm {
	f := d.named("reconcile")
	schedule := runbook + "a-schedule-that-doesnt-run"
	missed := "Its next run repairs what this run missed; later runs do not."
	now := " " + d.settings.tasks("reconcile --repair") + " repairs it now."
	if d.settings.ReconcileHours == 0 {
		missed, now = "Until it runs again, no alarm goes off about tasks that never start or never end.", ""
	}
	alarms := []alarm{
		{"Reconcile-Repaired", ownMetric(d.settings, metrics.ReconciledRepaired, "Sum"), 0, 1,
			"Announcements or copies were lost. The reconcile function has repaired them, except for the tasks' contexts. " +
				"More may be lost until the cause is fixed.",
			d.settings.tasks("doctor") + " checks the topic's subscriptions and the dead-letter queues.",
			runbook + "reconcile"},
		{"Reconcile-Errors", f.metric("Errors", "Sum"), 0, 1,
			"The reconcile function failed. " + missed,
			d.settings.logs(f, "2h", failures) + " shows why.", runbook + "a-failing-function"},
		{"Reconcile-EventsDropped", f.metric("AsyncEventsDropped", "Sum"), 0, 1,
			"Lambda dropped a scheduled run of the reconcile function: the function failed (then Reconcile-Errors went off, " +
				"too), or it was throttled for an hour.",
			concurrency(d.settings) + now, schedule},
		{"Schedule-InvocationsDropped", d.scheduleMetric("InvocationDroppedCount"), 0, 1,
			"EventBridge Scheduler gave up starting the reconcile function. " + missed,
			"The schedule's role must allow it: " + undo + "." + now, schedule},
		{"Schedule-TargetErrors", d.scheduleMetric("TargetErrorCount"), 0, 1,
			"Lambda rejected EventBridge Scheduler's invocation of the reconcile function. Scheduler retries for up to an " +
				"hour if the error may be temporary.",
			"The schedule's role must allow it: " + undo + "." + now, schedule},
	}
	if d.settings.ReconcileHours == 0 {
		return alarms[1:]
	}
	return alarms
}

// overdueAlarms watch for tasks that don't start, or don't end. Their period is twice the schedule's; otherwise a late
// invocation would end the alarm, and the next one raise it again.
func overdueAlarms(d *deployed) []alarm {
	most := func(m metrics.Metric) awscloudwatch.IMetric {
		return metric(d.settings.StackName, m.Name, "Maximum", nil).With(&awscloudwatch.MetricOptions{
			Period: minutes(2 * overdueEvery),
		})
	}
	stuck := d.settings.tasks("stuck") + " lists them. "
	return []alarm{
		{"Tasks-NeverStarted", most(metrics.OverdueQueued), 0, 1,
			"Tasks have been queued for over an hour. Either no such runtime is deployed, or nothing takes them from its " +
				"input queue, or the guidance's agent could not read the request and deleted it. Or they run, and the agents " +
				"don't announce starts (EXP_CALLBACK_WHEN_RUNNING).",
			stuck + "It also names the runtimes that complete tasks: is the name misspelt? " +
				d.settings.aws("sqs", "get-queue-attributes", "--attribute-names", "ApproximateNumberOfMessages",
					"ApproximateNumberOfMessagesNotVisible", "--queue-url", "URL") + " shows how many tasks wait in the " +
				"runtime's input queue, and how many run; " + d.settings.aws("sqs", "list-queues") + " has URLs.",
			runbook + "a-task-that-never-starts"},
		{"Tasks-StillRunning", most(metrics.OverdueRunning), 0, 1,
			"Tasks have been running for over an hour: they hang, crash their runtime again and again, or their end was " +
				"never announced.",
			stuck + d.settings.tasks("reconcile --repair") + " records ends that were lost.",
			runbook + "a-task-that-never-starts"},
	}
}
