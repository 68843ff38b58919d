// Package metrics declares every CloudWatch metric of this project once. The
// functions emit these metrics, the CDK app's alarms and dashboard use them, and a
// test compares the documentation with them.
package metrics

import "slices"

// Units as CloudWatch spells them.
const (
	Count        = "Count"
	Milliseconds = "Milliseconds"
)

// Dimensions of metrics, which are attributes of the same log line.
const (
	// Status is an announcement's status.
	Status = "Status"
	// Runtime is one of the deployment's runtimes, [OtherRuntime] or [NoRuntime].
	Runtime = "Runtime"
)

// Values of [Runtime] for a runtime that the deployment does not list, and for a
// message without a runtime.
const (
	OtherRuntime = "other"
	NoRuntime    = "none"
)

// Metric is the declaration of one metric. Its namespace is the stack's name.
type Metric struct {
	Name string
	// Unit is [Count] or [Milliseconds].
	Unit string
	// Dimensions are the dimension sets that a value is published under, each a list of names; nil publishes it once,
	// without dimensions. CloudWatch bills each combination of values as a metric: keep their number small.
	Dimensions [][]string
}

// Value returns a data point of the metric. A negative duration, which differing clocks cause, becomes 0: CloudWatch
// has no percentiles for a period with a negative value ("GetMetricStatistics", Amazon CloudWatch API Reference).
func (m Metric) Value(value float64) Value { return Value{m, max(value, 0)} }

// All has every declared metric, in declaration order.
var All []Metric

func declare(m Metric) Metric {
	All = append(All, m)
	return m
}

// Metrics that record emits.
var (
	// Recorded counts the announcements that updated a task's item.
	Recorded = declare(Metric{Name: "Recorded", Unit: Count, Dimensions: [][]string{{Status}, {Status, Runtime}}})
	// Duplicate counts the messages that the task's item already showed.
	Duplicate = declare(Metric{Name: "Duplicate", Unit: Count})
	// Stale counts the messages older than the message that the task's item shows.
	Stale = declare(Metric{Name: "Stale", Unit: Count})
	// Invalid counts attempts to record a message that is not an announcement,
	// including Lambda's retries.
	Invalid = declare(Metric{Name: "Invalid", Unit: Count})
	// ContextOmitted counts the items without room for all of an announcement:
	// its context, its unknown fields or its list of images.
	ContextOmitted = declare(Metric{Name: "ContextOmitted", Unit: Count})
	// Reruns counts the completions with new objects of a task that had already
	// completed. Each rerun costs the task's GPU time again.
	Reruns = declare(Metric{Name: "Reruns", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
	// Waited is the time from the request for a task to its first start.
	Waited = declare(Metric{Name: "Waited", Unit: Milliseconds, Dimensions: [][]string{{}, {Runtime}}})
	// ErrorUnreadable counts the tasks whose error report or raw output can't be read.
	ErrorUnreadable = declare(Metric{Name: "ErrorUnreadable", Unit: Count})
	// WithoutCaller counts the announcements whose context has no caller at the
	// deployment's path. Only deployments with such a path emit it.
	WithoutCaller = declare(Metric{Name: "WithoutCaller", Unit: Count})
	// Failures is 1 for each failed task and 0 for each completed task. Its average is the
	// share of failed tasks, and its sample count is the number of ended tasks.
	Failures = declare(Metric{Name: "Failures", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
	// Duration is how long a task ran, if its start was announced before its end.
	Duration = declare(Metric{Name: "Duration", Unit: Milliseconds, Dimensions: [][]string{{}, {Runtime}}})
	// PublishedToRecorded is the time from publishing an announcement to
	// recording it.
	PublishedToRecorded = declare(Metric{Name: "PublishedToRecorded", Unit: Milliseconds})
)

// Metrics that deliver emits. Each reason why objects are not delivered is a metric
// instead of a dimension, because a log line can't have two values of a dimension.
var (
	// Copied counts the objects that an invocation copied.
	Copied = declare(Metric{Name: "Copied", Unit: Count})
	// AlreadyDelivered counts the objects that the delivery bucket already had.
	AlreadyDelivered = declare(Metric{Name: "AlreadyDelivered", Unit: Count})
	// NotDeliveredRefused: the message names an object that the function must not copy.
	NotDeliveredRefused = declare(Metric{Name: "NotDelivered_refused", Unit: Count})
	// NotDeliveredMissing: the source, or a bucket, does not exist.
	NotDeliveredMissing = declare(Metric{Name: "NotDelivered_missing", Unit: Count})
	// NotDeliveredDenied: S3 or KMS refuses the request, and a retry can't help.
	NotDeliveredDenied = declare(Metric{Name: "NotDelivered_denied", Unit: Count})
	// NotDeliveredConflict: another object already has the key.
	NotDeliveredConflict = declare(Metric{Name: "NotDelivered_conflict", Unit: Count})
	// NotDeliveredUnavailable: a transient failure. Each attempt counts once.
	NotDeliveredUnavailable = declare(Metric{Name: "NotDelivered_unavailable", Unit: Count})
	// NotUnderstood counts the messages that are not announcements. deliver leaves
	// their dead letters to record.
	NotUnderstood = declare(Metric{Name: "NotUnderstood", Unit: Count})
	// Empty counts the completed tasks without images, and the copied objects
	// without bytes.
	Empty = declare(Metric{Name: "Empty", Unit: Count})
	// PublishedToDelivered is the time from publishing an announcement to delivering
	// its last object.
	PublishedToDelivered = declare(Metric{Name: "PublishedToDelivered", Unit: Milliseconds})
)

// Metrics that reconcile emits, only in scheduled invocations: the numbers of runs by
// kind. Agreeing runs don't count.
var (
	ReconciledRepaired       = reconciled("repaired")
	ReconciledFailed         = reconciled("failed") // could not be repaired
	ReconciledMissingInTable = reconciled("missing_in_table")
	ReconciledMissingImage   = reconciled("missing_image")
	ReconciledRemoved        = reconciled("removed")
	ReconciledDifferent      = reconciled("different")
	ReconciledWithoutObjects = reconciled("without_objects")
	ReconciledUndecidable    = reconciled("undecidable")
)

// Metrics of the schedule that looks for overdue tasks. Each invocation counts all of
// them.
var (
	// OverdueQueued counts the tasks that have been queued for too long.
	OverdueQueued = declare(Metric{Name: "OverdueQueued", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
	// OverdueRunning counts the tasks that have been running for too long.
	OverdueRunning = declare(Metric{Name: "OverdueRunning", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
)

// RuntimeValue returns the value of [Runtime] for a runtime's name. Names come from messages, and CloudWatch bills
// each distinct value as a metric, so unknown names become [OtherRuntime].
func RuntimeValue(name string, runtimes []string) string {
	switch {
	case name == "":
		return NoRuntime
	case slices.Contains(runtimes, name):
		return name
	}
	return OtherRuntime
}

func reconciled(what string) Metric {
	return declare(Metric{Name: "Reconciled_" + what, Unit: Count})
}
