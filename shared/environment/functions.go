package environment

import (
	"time"

	"sdtasktracker/shared/deployment"
)

// Table has the settings shared by the functions that write the task table.
type Table struct {
	// TaskTable is the table's name.
	TaskTable string `json:"TASK_TABLE"`
	// RetentionDays is the number of days after which an item expires; 0 means
	// never.
	RetentionDays int `json:"RETENTION_DAYS,omitempty,string"`
	// InputTopic is the ARN of the topic with the requests for tasks; "" if they are not recorded.
	InputTopic string `json:"INPUT_TOPIC,omitempty"`
}

// Retention is RetentionDays as a duration; 0 means that items never expire.
func (t Table) Retention() time.Duration { return time.Duration(t.RetentionDays) * 24 * time.Hour }

// Metrics has the settings shared by the functions that emit metrics.
type Metrics struct {
	// Namespace is the metrics' CloudWatch namespace.
	Namespace string `json:"METRIC_NAMESPACE"`
}

// Record is the record function's environment.
type Record struct {
	Table
	Metrics
	// Runtimes are the runtime names that metrics distinguish; metrics count
	// all others as "other".
	Runtimes List `json:"METRIC_RUNTIMES,omitempty"`
	// OutputBucket is the name of the bucket with the error reports of failed
	// tasks and the raw outputs of others; "" if none of them is to be read.
	OutputBucket string `json:"OUTPUT_BUCKET,omitempty"`
	// IgnoreErrors says that error reports are not to be read.
	IgnoreErrors bool `json:"IGNORE_ERRORS,omitempty,string"`
	// TaskRequests says that what was asked is kept: of requests, or without an input
	// topic, by raw outputs.
	TaskRequests bool `json:"TASK_REQUESTS,omitempty,string"`
	// CallerContext is the path into the context to a task's caller; "" if tasks have none.
	CallerContext string `json:"CALLER_CONTEXT,omitempty"`
	// TaskEventsTopic is the ARN of the topic for events of failed tasks; "" for no events.
	TaskEventsTopic string `json:"TASK_EVENTS_TOPIC,omitempty"`
}

// Deliver is the deliver function's environment.
type Deliver struct {
	Table
	Metrics
	// OutputBucket is the name of the bucket that images are copied from.
	OutputBucket string `json:"OUTPUT_BUCKET"`
	// DeliveryBucket is the name of the bucket that images are copied to.
	DeliveryBucket string `json:"DELIVERY_BUCKET"`
	// DeliveryRegion is that bucket's Region; "" for the function's own.
	DeliveryRegion string `json:"DELIVERY_REGION,omitempty"`
	// DeliveryPrefix begins every delivered key. {task_id}, {runtime}, {date} and
	// {context.PATH} in it stand for the announcement's.
	DeliveryPrefix string `json:"DELIVERY_PREFIX,omitempty"`
	// DeliverOutput makes the function deliver raw outputs and error reports
	// too, not only images.
	DeliverOutput bool `json:"DELIVER_OUTPUT,omitempty,string"`
	// FixExtensions makes the function deliver keys that end in None under the
	// extension of their content.
	FixExtensions bool `json:"FIX_EXTENSIONS,omitempty,string"`
	// CallerContext is the path into the context to a task's caller, for events; "" if
	// tasks have none.
	CallerContext string `json:"CALLER_CONTEXT,omitempty"`
	// TaskEventsTopic is the ARN of the topic for events of deliveries; "" for no events.
	TaskEventsTopic string `json:"TASK_EVENTS_TOPIC,omitempty"`
}

// Redrive is the redrive function's environment.
type Redrive struct {
	// Functions maps the name of a function's folder, such as "record", to the
	// function's name in AWS Lambda.
	Functions Names[string] `json:"FUNCTIONS"`
	// Queues maps each dead-letter queue to its URL.
	Queues Names[deployment.Queue] `json:"QUEUES"`
}

// Reconcile is the reconcile function's environment. It looks at deliveries as
// the deliver function does.
type Reconcile struct {
	Deliver
	// Runtimes are as in [Record], where requests are recorded.
	Runtimes List `json:"METRIC_RUNTIMES,omitempty"`
	// Functions maps the name of a function's folder, such as "record", to the
	// function's name in AWS Lambda.
	Functions Names[string] `json:"FUNCTIONS"`
}
