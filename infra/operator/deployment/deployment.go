// Package deployment finds the stack that a subcommand works on, and explains errors from AWS.
package deployment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/command"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// Deployment describes a deployed stack. An output that the stack doesn't have is empty.
type Deployment struct {
	// Config is for calls to AWS in the stack's account and Region.
	Config aws.Config
	// Line is the running command line, for hints.
	Line command.Line
	// Name is the stack's name.
	Name string
	// Local reports whether the stack is on this machine.
	Local bool

	TopicARN       string
	InputTopicARN  string
	TaskTable      string
	OutputBucket   string
	DeliveryBucket string
	// Functions maps the name of a function's folder, such as "record", to the function's name in AWS Lambda.
	Functions map[string]string
	// Queues maps each dead-letter queue to its URL.
	Queues map[names.Queue]string
	// Version is the version of this project that is deployed.
	Version string
	// Settings is a JSON object with the settings that the stack was deployed with.
	Settings string
}

// decode reads a stack's outputs from variables, as a local stack's .local/env has them.
func (f *Finder) decode(cfg aws.Config, variables []string) *Deployment {
	output := func(name string) string { return variable(variables, names.Variable(name)) }
	d := &Deployment{
		Config: cfg, Line: f.Line, TopicARN: output(names.TopicARN), InputTopicARN: output(names.InputTopicARN),
		TaskTable: output(names.TaskTable), OutputBucket: output(names.OutputBucket),
		DeliveryBucket: output(names.DeliveryBucket), Version: output(names.Version), Settings: output(names.Settings),
		Functions: map[string]string{}, Queues: map[names.Queue]string{},
	}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		if function, ok := strings.CutSuffix(name, "-function"); ok {
			d.Functions[function] = value
		}
		if queue, ok := strings.CutSuffix(name, "-dlq-url"); ok {
			d.Queues[names.Queue(queue)] = value
		}
	}
	return d
}

// Setting returns a setting as text; "" if it was not given.
func (d *Deployment) Setting(name string) string {
	var settings map[string]any
	if json.Unmarshal([]byte(d.Settings), &settings) != nil || settings[name] == nil {
		return ""
	}
	return fmt.Sprint(settings[name])
}

// DeliveryRegion returns the delivery bucket's Region.
func (d *Deployment) DeliveryRegion() string {
	return cmp.Or(d.Setting("deliveryRegion"), d.Config.Region)
}

// DeliveryClient returns an S3 client for the delivery bucket's Region.
func (d *Deployment) DeliveryClient() *s3.Client {
	return s3.NewFromConfig(d.Config, func(o *s3.Options) { o.Region = d.DeliveryRegion() })
}

// Table returns the task table.
func (d *Deployment) Table() *tasktable.Table {
	return &tasktable.Table{Client: dynamodb.NewFromConfig(d.Config), Name: d.TaskTable}
}

// HasCallers reports whether the stack records the callers of tasks.
func (d *Deployment) HasCallers() bool { return d.Setting("callerContext") != "" }

// KeepsRequests reports whether the stack records the requests for tasks.
func (d *Deployment) KeepsRequests() bool { return d.Setting("taskRequests") == "true" }

// AddOmitted adds to listed tasks what the index omits: why a delivery failed and, if the stack records them, the
// caller and the request.
func (d *Deployment) AddOmitted(ctx context.Context, tasks []tasktable.Task) error {
	asked := d.HasCallers() || d.KeepsRequests()
	return d.Table().AddOmitted(ctx, tasks, func(t tasktable.Task) bool {
		return asked || t.DeliveryStatus == tasktable.DeliveryFailed
	})
}
