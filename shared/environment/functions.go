package environment

import (
	"time"

	"sdtasktracker/shared/deadletter"
)

// Table is the part of functions that write the task table.
type Table struct {
	// TaskTable is the table's name.
	TaskTable string `env:"TASK_TABLE,required"`
	// RetentionDays is after how many days an item expires; 0 is never.
	RetentionDays int `env:"RETENTION_DAYS"`
}

// Retention is RetentionDays as a duration.
func (t Table) Retention() time.Duration { return time.Duration(t.RetentionDays) * 24 * time.Hour }

// Metrics is the part of functions that emit metrics.
type Metrics struct {
	// Namespace is the metrics' CloudWatch namespace.
	Namespace string `env:"METRIC_NAMESPACE,required"`
}

// Record is the record function's environment.
type Record struct {
	Table
	Metrics
	// Runtimes are the runtime names that metrics tell apart.
	Runtimes []string `env:"METRIC_RUNTIMES"`
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
	// DeliveryPrefix begins every delivered key. {task_id} and {runtime} in it
	// stand for the announcement's.
	DeliveryPrefix string `env:"DELIVERY_PREFIX"`
	// DeliverOutput also delivers raw outputs and error reports.
	DeliverOutput bool `env:"DELIVER_OUTPUT"`
}

// Redrive is the redrive function's environment.
type Redrive struct {
	// Functions are the functions' names in AWS Lambda, by their names here.
	Functions map[string]string `env:"*_FUNCTION,required"`
	// Queues are the dead-letter queues' URLs.
	Queues map[deadletter.Queue]string `env:"*_DLQ_URL,required"`
}
