// Package metrics declares every CloudWatch metric of this project once: the
// functions emit these, the CDK app's alarms and dashboard show them, and the
// documentation is tested against them.
package metrics

import "sdtasktracker/shared/emf"

// Dimensions of metrics, which are attributes of the same log line.
const (
	// Status is an announcement's status.
	Status = "Status"
	// Runtime is one of the deployment's runtimes, "other", or "none".
	Runtime = "Runtime"
)

// Titles of the dashboard's graphs.
const (
	TasksGraph           = "Tasks by status"
	ImagesGraph          = "Images"
	RecordLatencyGraph   = "Published to recorded (ms)"
	DeliveryLatencyGraph = "Published to delivered (ms)"
)

// Metric is the declaration of one metric. Its namespace is the stack's name.
type Metric struct {
	Name string
	// Unit is [emf.Count] or [emf.Milliseconds].
	Unit string
	// Dimensions are the sets of dimensions that a value counts under; nil is
	// one empty set.
	Dimensions [][]string
	// Graph is the title of the dashboard's graph that shows it; "" for none.
	Graph string
}

// Value is a value of the metric, for a log line.
func (m Metric) Value(value float64) emf.Metric {
	return emf.Metric{Name: m.Name, Unit: m.Unit, Value: value, Dimensions: m.Dimensions}
}

// All are the declared metrics, in the order of their declarations.
var All []Metric

func declare(m Metric) Metric {
	All = append(All, m)
	return m
}

// What record emits.
var (
	// Recorded counts the announcements that the table now shows.
	Recorded = declare(Metric{
		Name: "Recorded", Unit: emf.Count, Dimensions: [][]string{{Status}, {Status, Runtime}}, Graph: TasksGraph,
	})
	// Duplicate counts the messages that the table showed already.
	Duplicate = declare(Metric{Name: "Duplicate", Unit: emf.Count})
	// Stale counts the messages older than what the table shows.
	Stale = declare(Metric{Name: "Stale", Unit: emf.Count})
	// Invalid counts the attempts at messages that are not announcements.
	Invalid = declare(Metric{Name: "Invalid", Unit: emf.Count})
	// ContextOmitted counts the items without room for all of an announcement:
	// its context, its unknown fields or its list of images.
	ContextOmitted = declare(Metric{Name: "ContextOmitted", Unit: emf.Count})
	// PublishedToRecorded is the time from publishing to recording.
	PublishedToRecorded = declare(Metric{Name: "PublishedToRecorded", Unit: emf.Milliseconds, Graph: RecordLatencyGraph})
)

// What deliver emits. The objects that are not delivered have a metric for each
// reason, because one log line can't carry two values of one dimension.
var (
	// Copied counts the objects copied.
	Copied = declare(Metric{Name: "Copied", Unit: emf.Count, Graph: ImagesGraph})
	// AlreadyDelivered counts the objects found in the delivery bucket.
	AlreadyDelivered = declare(Metric{Name: "AlreadyDelivered", Unit: emf.Count, Graph: ImagesGraph})
	// NotDeliveredRefused: the message names what must not be read.
	NotDeliveredRefused = declare(Metric{Name: "NotDelivered_refused", Unit: emf.Count, Graph: ImagesGraph})
	// NotDeliveredMissing: the source does not exist.
	NotDeliveredMissing = declare(Metric{Name: "NotDelivered_missing", Unit: emf.Count, Graph: ImagesGraph})
	// NotDeliveredDenied: the function may not read or write the object.
	NotDeliveredDenied = declare(Metric{Name: "NotDelivered_denied", Unit: emf.Count, Graph: ImagesGraph})
	// NotDeliveredConflict: another object has the key.
	NotDeliveredConflict = declare(Metric{Name: "NotDelivered_conflict", Unit: emf.Count, Graph: ImagesGraph})
	// NotDeliveredUnavailable: a transient failure; each attempt counts.
	NotDeliveredUnavailable = declare(Metric{Name: "NotDelivered_unavailable", Unit: emf.Count, Graph: ImagesGraph})
	// PublishedToDelivered is the time from publishing to the last object's delivery.
	PublishedToDelivered = declare(Metric{
		Name: "PublishedToDelivered", Unit: emf.Milliseconds, Graph: DeliveryLatencyGraph,
	})
)
