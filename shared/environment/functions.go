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
	// that items never expire.
	RetentionDays int `json:"RETENTION_DAYS,omitempty,string"`
	// InputTopic is the ARN of the guidance's input topic; "" if requests are not recorded.
	InputTopic string `json:"INPUT_TOPIC,omitempty"`
}

// Retention returns RetentionDays as a duration; 0 means that items never expire.
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
	// Runtimes are the runtime names that metrics distinguish. Metrics count all
	// other runtimes as "other".
	Runtimes List `json:"METRIC_RUNTIMES,omitempty"`
	// OutputBucket is the name of the bucket with error reports and raw outputs; ""
	// if record reads neither.
	OutputBucket string `json:"OUTPUT_BUCKET,omitempty"`
	// IgnoreErrors keeps record from reading error reports.
	IgnoreErrors bool `json:"IGNORE_ERRORS,omitempty,string"`
	// TaskRequests makes record keep what tasks were asked for. It reads that from
	// requests or, without an input topic, from raw outputs.
	TaskRequests bool `json:"TASK_REQUESTS,omitempty,string"`
	// CallerContext is the path to the task's caller in the context; "" if the deployment
	// doesn't record callers.
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
	// DeliveryRegion is the Region of the delivery bucket; "" for the function's own.
	DeliveryRegion string `json:"DELIVERY_REGION,omitempty"`
	// DeliveryPrefix begins every delivered key. Package delivery replaces its
	// placeholders {task_id}, {runtime}, {date} and {context.PATH}.
	DeliveryPrefix string `json:"DELIVERY_PREFIX,omitempty"`
	// DeliverOutput makes the function also deliver raw outputs and error reports.
	DeliverOutput bool `json:"DELIVER_OUTPUT,omitempty,string"`
	// FixExtensions makes the function replace None at the end of a key with the
	// extension of the content.
	FixExtensions bool `json:"FIX_EXTENSIONS,omitempty,string"`
	// CallerContext is the path to the task's caller in the context, for events; "" if
	// the deployment doesn't record callers.
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

// Reconcile is the reconcile function's environment. It has deliver's settings, so
// that both have the same rules of delivery.
type Reconcile struct {
	Deliver
	// Runtimes are those of [Record]; set only if requests are recorded.
	Runtimes List `json:"METRIC_RUNTIMES,omitempty"`
	// Functions maps the name of a function's folder, such as "record", to the
	// function's name in AWS Lambda.
	Functions Names[string] `json:"FUNCTIONS"`
}
