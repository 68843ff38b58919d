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
// message that names none.
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

// Value returns a data point of the metric. A time below 0, as between two clocks, becomes 0: CloudWatch has no
// percentiles of a period with a negative value ("GetMetricStatistics", Amazon CloudWatch API Reference).
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
	// Duplicate counts the messages that the table already reflected.
	Duplicate = declare(Metric{Name: "Duplicate", Unit: Count})
	// Stale counts the messages older than the one that the table reflects.
	Stale = declare(Metric{Name: "Stale", Unit: Count})
	// Invalid counts attempts to record a message that is not an announcement.
	// Lambda's retries count too.
	Invalid = declare(Metric{Name: "Invalid", Unit: Count})
	// ContextOmitted counts the items without room for all of an announcement:
	// its context, its unknown fields or its list of images.
	ContextOmitted = declare(Metric{Name: "ContextOmitted", Unit: Count})
	// Reruns counts the completions with other objects than those already known
	// of their task: it was generated, and its GPU time paid, once more.
	Reruns = declare(Metric{Name: "Reruns", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
	// Waited is the time from the request for a task to its first start.
	Waited = declare(Metric{Name: "Waited", Unit: Milliseconds, Dimensions: [][]string{{}, {Runtime}}})
	// ErrorUnreadable counts the tasks whose output can't be read, for why they failed or
	// for what they were asked for.
	ErrorUnreadable = declare(Metric{Name: "ErrorUnreadable", Unit: Count})
	// WithoutCaller counts the announcements whose context has no caller at the path that
	// the deployment names. Only deployments that name one have it.
	WithoutCaller = declare(Metric{Name: "WithoutCaller", Unit: Count})
	// Failures is 1 for each task that failed and 0 for each that completed, so that its
	// average is the share of failed tasks, and its number of samples is that of ended tasks.
	Failures = declare(Metric{Name: "Failures", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
	// Duration is how long a task ran, if its start was announced before its end.
	Duration = declare(Metric{Name: "Duration", Unit: Milliseconds, Dimensions: [][]string{{}, {Runtime}}})
	// PublishedToRecorded is the time from publishing an announcement to
	// recording it.
	PublishedToRecorded = declare(Metric{Name: "PublishedToRecorded", Unit: Milliseconds})
)

// Metrics that deliver emits. Objects that are not delivered have one metric per
// reason rather than a dimension, because one log line can't carry two values of
// a dimension.
var (
	// Copied counts the objects that an invocation copied.
	Copied = declare(Metric{Name: "Copied", Unit: Count})
	// AlreadyDelivered counts the objects that the delivery bucket already had.
	AlreadyDelivered = declare(Metric{Name: "AlreadyDelivered", Unit: Count})
	// NotDeliveredRefused: the function must not read the URL in the message.
	NotDeliveredRefused = declare(Metric{Name: "NotDelivered_refused", Unit: Count})
	// NotDeliveredMissing: the source, or a bucket, does not exist.
	NotDeliveredMissing = declare(Metric{Name: "NotDelivered_missing", Unit: Count})
	// NotDeliveredDenied: S3 or KMS refuses the request, and will again.
	NotDeliveredDenied = declare(Metric{Name: "NotDelivered_denied", Unit: Count})
	// NotDeliveredConflict: another object has the key.
	NotDeliveredConflict = declare(Metric{Name: "NotDelivered_conflict", Unit: Count})
	// NotDeliveredUnavailable: a transient failure. Each attempt counts.
	NotDeliveredUnavailable = declare(Metric{Name: "NotDelivered_unavailable", Unit: Count})
	// NotUnderstood counts the messages that are not announcements, which
	// deliver leaves to record.
	NotUnderstood = declare(Metric{Name: "NotUnderstood", Unit: Count})
	// Empty counts the completed tasks without an image, and the copied objects
	// without a byte.
	Empty = declare(Metric{Name: "Empty", Unit: Count})
	// PublishedToDelivered is the time from publishing to the last object's delivery.
	PublishedToDelivered = declare(Metric{Name: "PublishedToDelivered", Unit: Milliseconds})
)

// Metrics that reconcile emits, of its scheduled invocations only: runs by what was
// found of them. Those that agree are not counted.
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

// Metrics of the other schedule: each of its invocations counts all that it finds.
var (
	// OverdueQueued counts the tasks that have been queued for too long.
	OverdueQueued = declare(Metric{Name: "OverdueQueued", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
	// OverdueRunning counts the tasks that have been running for too long.
	OverdueRunning = declare(Metric{Name: "OverdueRunning", Unit: Count, Dimensions: [][]string{{}, {Runtime}}})
)

// RuntimeValue is the value of [Runtime] for a runtime's name. Names come from messages, and an unbounded
// number of names would be an unbounded number of billed metrics.
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
