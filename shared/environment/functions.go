package environment

import (
	"time"

	"sdtasktracker/shared/deployment"
)

// Table has the settings shared by the functions that write the task table.
type Table struct {
	// TaskTable is the table's name.
	TaskTable string `env:"TASK_TABLE,required"`
	// RetentionDays is the number of days after which an item expires; 0 means
	// never.
	RetentionDays int `env:"RETENTION_DAYS"`
	// InputTopic is the ARN of the topic with the requests for tasks; "" if they are not recorded.
	InputTopic string `env:"INPUT_TOPIC"`
}

// Retention is RetentionDays as a duration; 0 means that items never expire.
func (t Table) Retention() time.Duration { return time.Duration(t.RetentionDays) * 24 * time.Hour }

// Metrics has the settings shared by the functions that emit metrics.
type Metrics struct {
	// Namespace is the metrics' CloudWatch namespace.
	Namespace string `env:"METRIC_NAMESPACE,required"`
}

// Record is the record function's environment.
type Record struct {
	Table
	Metrics
	// Runtimes are the runtime names that metrics distinguish; metrics count
	// all others as "other".
	Runtimes []string `env:"METRIC_RUNTIMES"`
	// OutputBucket is the name of the bucket with the error reports of failed
	// tasks and the raw outputs of others; "" if none of them is to be read.
	OutputBucket string `env:"OUTPUT_BUCKET"`
	// IgnoreErrors says that error reports are not to be read.
	IgnoreErrors bool `env:"IGNORE_ERRORS"`
	// TaskRequests says that what was asked is kept: of requests, or without an input
	// topic, by raw outputs.
	TaskRequests bool `env:"TASK_REQUESTS"`
	// CallerContext is the path into the context to a task's caller; "" if tasks have none.
	CallerContext string `env:"CALLER_CONTEXT"`
	// TaskEventsTopic is the ARN of the topic for events of failed tasks; "" for no events.
	TaskEventsTopic string `env:"TASK_EVENTS_TOPIC"`
}

// Deliver is the deliver function's environment.
type Deliver struct {
	Table
	Metrics
	// OutputBucket is the name of the bucket that images are copied from.
	OutputBucket string `env:"OUTPUT_BUCKET,required"`
	// DeliveryBucket is the name of the bucket that images are copied to.
	DeliveryBucket string `env:"DELIVERY_BUCKET,required"`
	// DeliveryRegion is that bucket's Region; "" for the function's own.
	DeliveryRegion string `env:"DELIVERY_REGION"`
	// DeliveryPrefix begins every delivered key. {task_id}, {runtime}, {date} and
	// {context.PATH} in it stand for the announcement's.
	DeliveryPrefix string `env:"DELIVERY_PREFIX"`
	// DeliverOutput makes the function deliver raw outputs and error reports
	// too, not only images.
	DeliverOutput bool `env:"DELIVER_OUTPUT"`
	// FixExtensions makes the function deliver keys that end in None under the
	// extension of their content.
	FixExtensions bool `env:"FIX_EXTENSIONS"`
	// CallerContext is the path into the context to a task's caller, for events; "" if
	// tasks have none.
	CallerContext string `env:"CALLER_CONTEXT"`
	// TaskEventsTopic is the ARN of the topic for events of deliveries; "" for no events.
	TaskEventsTopic string `env:"TASK_EVENTS_TOPIC"`
}

// Redrive is the redrive function's environment.
type Redrive struct {
	// Functions maps the name of a function's folder, such as "record", to the
	// function's name in AWS Lambda.
	Functions map[string]string `env:"*_FUNCTION,required"`
	// Queues maps each dead-letter queue to its URL.
	Queues map[deployment.Queue]string `env:"*_DLQ_URL,required"`
}

// Reconcile is the reconcile function's environment. It looks at deliveries as
// the deliver function does.
type Reconcile struct {
	Deliver
	// Runtimes are as in [Record], where requests are recorded.
	Runtimes []string `env:"METRIC_RUNTIMES"`
	// Functions maps the name of a function's folder, such as "record", to the
	// function's name in AWS Lambda.
	Functions map[string]string `env:"*_FUNCTION,required"`
}
