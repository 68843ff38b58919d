package main

import (
	"path/filepath"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/environment"
)

// functionsDir is where make build leaves each function's bootstrap.
const functionsDir = "build/functions"

// definition declares a function.
type definition struct {
	name            string // the name of its folder in functions/
	description     string
	timeout, memory float64 // seconds, MB
	environment     any     // a struct of package environment
	statements      statements
	// subscribed functions are invoked by the topic, asynchronously, and have
	// dead-letter queues.
	subscribed bool
	// requested functions are also invoked by the input topic, if there is one.
	requested bool
	// scheduled functions are invoked asynchronously but never retried: their next
	// run repairs what this one missed.
	scheduled bool
}

// function is a function in the stack.
type function struct {
	name, description string
	function          awslambda.Function
	logs              awslogs.LogGroup
	queues            []queue // for failed events, then for undelivered messages; empty unless it is subscribed
}

// deployed is the stack's settings and the constructs made so far.
type deployed struct {
	stack     awscdk.Stack
	settings  Settings
	topic     awssns.ITopic
	input     awssns.ITopic // gets the requests for tasks; nil without inputTopicArn
	table     awsdynamodb.ITable
	output    awss3.IBucket // the guidance's
	delivery  awss3.IBucket
	functions []function
	events    awssns.ITopic                 // gets task events; nil without taskEvents
	schedules awsscheduler.CfnScheduleGroup // nil without a schedule
}

func (d *deployed) tableEnvironment() environment.Table {
	return environment.Table{
		TaskTable: *d.table.TableName(), RetentionDays: d.settings.RetentionDays, InputTopic: d.settings.InputTopicARN,
	}
}

// publishing returns the ARN of the topic of task events, and the right to publish to it; "" and nil without
// taskEvents.
func (d *deployed) publishing() (topic string, work statements) {
	if d.events == nil {
		return "", nil
	}
	return *d.events.TopicArn(), statements{allow("sns:Publish").on(*d.events.TopicArn())}
}

// deliverEnvironment is deliver's environment, which reconcile also needs.
func (d *deployed) deliverEnvironment() environment.Deliver {
	return environment.Deliver{
		Table:          d.tableEnvironment(),
		Metrics:        environment.Metrics{Namespace: d.settings.StackName},
		OutputBucket:   *d.output.BucketName(),
		DeliveryBucket: *d.delivery.BucketName(),
		DeliveryRegion: d.settings.DeliveryRegion,
		DeliveryPrefix: d.settings.DeliveryPrefix,
		DeliverOutput:  d.settings.DeliverOutput,
		FixExtensions:  d.settings.FixExtensions,
	}
}

// invocable returns the names and the ARNs of the subscribed functions, which
// redrive and reconcile invoke. The map's keys are the names of their folders.
func (d *deployed) invocable() (names map[string]string, arns []string) {
	names = map[string]string{}
	for _, f := range d.subscribed() {
		names[f.name] = *f.function.FunctionName()
		arns = append(arns, *f.function.FunctionArn())
	}
	return names, arns
}

// named returns the function with a name. It must have been added.
func (d *deployed) named(name string) function {
	return d.functions[slices.IndexFunc(d.functions, func(f function) bool { return f.name == name })]
}

// subscribed returns the functions that the topic invokes.
func (d *deployed) subscribed() []function {
	return slices.DeleteFunc(slices.Clone(d.functions), func(f function) bool { return len(f.queues) == 0 })
}

// queues returns all dead-letter queues.
func (d *deployed) queues() (all []queue) {
	for _, f := range d.functions {
		all = append(all, f.queues...)
	}
	return all
}

// add adds a function to the stack. Lambda invokes a subscribed function up to three
// times for an event, and then moves the event to the function's dead-letter queue.
func (d *deployed) add(def definition) {
	name := deployment.Pascal(def.name)
	f := function{name: def.name, description: def.description}
	f.logs = awslogs.NewLogGroup(d.stack, jsii.String(name+"Logs"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_THREE_MONTHS,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	props := &awslambda.FunctionProps{
		Description:   jsii.String(def.description),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  awslambda.Architecture_ARM_64(),
		Code:          awslambda.Code_FromAsset(jsii.String(filepath.Join(functionsDir, def.name)), nil),
		Handler:       jsii.String("bootstrap"),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(def.timeout)),
		MemorySize:    jsii.Number(def.memory),
		Environment:   variables(def.environment),
		LogGroup:      f.logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
	}
	if d.settings.Tracing {
		props.Tracing = awslambda.Tracing_ACTIVE
		def.statements = append(def.statements, traces)
	}
	if def.subscribed {
		failed := newQueue(d.stack, deployment.FailedEvents(def.name), "Events that the "+def.name+" function failed on")
		f.queues = append(f.queues, failed)
		props.DeadLetterQueue = failed.queue
		props.RetryAttempts = jsii.Number(2)
		props.MaxEventAge = awscdk.Duration_Hours(jsii.Number(6))
	}
	if def.scheduled {
		props.RetryAttempts = jsii.Number(0)
		props.MaxEventAge = awscdk.Duration_Hours(jsii.Number(1))
	}
	props.Role = newRole(d.stack, def.name, f.logs, props.DeadLetterQueue, def.statements)
	f.function = awslambda.NewFunction(d.stack, jsii.String(name+"Function"), props)
	if def.subscribed {
		f.queues = append(f.queues, d.subscribe(f, d.topic, deployment.Undelivered(def.name), "Messages"))
	}
	if def.requested && d.input != nil {
		f.queues = append(f.queues, d.subscribe(f, d.input, deployment.UndeliveredRequests(def.name), "Requests"))
	}
	d.functions = append(d.functions, f)
}

// subscribe subscribes a function to a topic. Each subscription has its own dead-letter
// queue, because SNS's dead letters don't name their subscriber.
func (d *deployed) subscribe(f function, topic awssns.ITopic, name deployment.Queue, what string) queue {
	undelivered := newQueue(d.stack, name, what+" that SNS could not deliver to the "+f.name+" function")
	props := &awssnssubscriptions.LambdaSubscriptionProps{DeadLetterQueue: undelivered.queue}
	// No filter: with a filter, SNS drops messages that are not valid JSON, such as a context with NaN.
	subscription := topic.AddSubscription(awssnssubscriptions.NewLambdaSubscription(f.function, props))
	// CloudFormation must create the subscription last. Without the permission, SNS
	// moves messages to the dead-letter queue without a retry; without the queue's
	// policy, it loses them ("Message delivery retries", SNS Developer Guide).
	permission := "AllowInvoke:" + *awscdk.Names_NodeUniqueId(topic.Node())
	subscription.Node().AddDependency(f.function.Node().FindChild(jsii.String(permission)),
		undelivered.queue.Node().FindChild(jsii.String("Policy")))
	return undelivered
}

// variables returns a function's environment variables in CDK's form.
func variables(settings any) *map[string]*string {
	all := map[string]*string{}
	for name, value := range environment.Encode(settings) {
		all[name] = jsii.String(value)
	}
	return &all
}
