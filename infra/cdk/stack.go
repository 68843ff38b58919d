package main

import (
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// NewStack adds the whole deployment to an app: topic → functions → task table
// and delivery bucket, with a dead-letter queue behind every hand-over.
func NewStack(app constructs.Construct, settings Settings) awscdk.Stack {
	stack := awscdk.NewStack(app, jsii.String(settings.StackName), &awscdk.StackProps{
		Description: jsii.String("Turns Stable Diffusion task announcements into a task table and delivered images."),
		Env:         &awscdk.Environment{Account: jsii.String(settings.Account), Region: jsii.String(settings.Region)},
	})
	topic := awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String(settings.TopicARN))
	table := newTaskTable(stack)
	buckets := newBuckets(stack, settings)

	retention := ""
	if settings.RetentionDays > 0 {
		retention = strconv.Itoa(settings.RetentionDays)
	}

	output := ""
	if settings.DeliverOutput {
		output = "true"
	}

	record := newFunction(stack, functionProps{
		name:        "Record",
		description: "Records the status of each announced task in the task table.",
		timeout:     30,
		memory:      256,
		environment: map[string]string{
			"TASK_TABLE":       *table.TableName(),
			"RETENTION_DAYS":   retention,
			"METRIC_NAMESPACE": settings.StackName,
			"METRIC_RUNTIMES":  strings.Join(settings.Runtimes, ","),
		},
		statements: statements{allow("dynamodb:UpdateItem").on(*table.TableArn())},
	})
	deliver := newFunction(stack, functionProps{
		name:        "Deliver",
		description: "Copies each completed task's images to the delivery bucket.",
		// The longest there is: an object of 5 TB takes minutes to copy.
		timeout: 900,
		memory:  512,
		environment: map[string]string{
			"TASK_TABLE":       *table.TableName(),
			"OUTPUT_BUCKET":    *buckets.output.BucketName(),
			"DELIVERY_BUCKET":  *buckets.delivery.BucketName(),
			"DELIVERY_PREFIX":  settings.DeliveryPrefix,
			"DELIVER_OUTPUT":   output,
			"RETENTION_DAYS":   retention,
			"METRIC_NAMESPACE": settings.StackName,
		},
		statements: append(buckets.copyStatements(),
			allow("dynamodb:UpdateItem").on(*table.TableArn())),
	})
	recordSubscription := record.subscribe(topic, nil)
	// Every version of the publisher's messages says result: true of a
	// successful task, result: false of a failed one, and neither of another.
	results := []any{true}
	if settings.DeliverOutput {
		results = append(results, false)
	}
	deliverSubscription := deliver.subscribe(topic, &map[string]awssns.FilterOrPolicy{
		"result": awssns.FilterOrPolicy_Filter(awssns.NewSubscriptionFilter(&results)),
	})
	queues := []deadLetterQueue{
		{"Record", "record", record.deadLetters},
		{"Deliver", "deliver", deliver.deadLetters},
		{"RecordSubscription", "record-subscription", recordSubscription},
		{"DeliverSubscription", "deliver-subscription", deliverSubscription},
	}
	redrive := newRedrive(stack, record, deliver, queues)
	newAlarms(stack, settings, record, deliver, queues)

	out := outputs{constructs.NewConstruct(stack, jsii.String("Outputs"))}
	out.add("TopicArn", "The topic the functions are subscribed to", topic.TopicArn())
	out.add("TaskTable", "The DynamoDB table with one item a task", table.TableName())
	out.add("OutputBucket", "The bucket images are copied from", buckets.output.BucketName())
	out.add("DeliveryBucket", "The bucket images are delivered to", buckets.delivery.BucketName())
	out.add("RecordFunction", "The function that writes the task table", record.function.FunctionName())
	out.add("DeliverFunction", "The function that copies images", deliver.function.FunctionName())
	out.add("RedriveFunction", "The function that puts dead letters back: make redrive", redrive.function.FunctionName())
	out.add("RecordDlqUrl", "Events that the record function failed on", record.deadLetters.QueueUrl())
	out.add("DeliverDlqUrl", "Events that the deliver function failed on", deliver.deadLetters.QueueUrl())
	out.add("RecordSubscriptionDlqUrl", "Messages that SNS could not hand to the record function", recordSubscription.QueueUrl())
	out.add("DeliverSubscriptionDlqUrl", "Messages that SNS could not hand to the deliver function", deliverSubscription.QueueUrl())
	if settings.Dashboard {
		name := newDashboard(stack, settings, table, record, deliver, queues)
		out.add("DashboardUrl", "Is it working, is it keeping up, what failed", jsii.String(consoleURL(settings)+"#dashboards/dashboard/"+*name))
	}
	return stack
}

// deadLetterQueue is one of the four, by the name of its constructs and by the
// name that the redrive function knows it by.
type deadLetterQueue struct {
	name, redriveName string
	queue             awssqs.IQueue
}

// newRedrive makes the function that puts dead letters back.
func newRedrive(scope constructs.Construct, record, deliver function, queues []deadLetterQueue) function {
	environment := map[string]string{
		"RECORD_FUNCTION":  *record.function.FunctionName(),
		"DELIVER_FUNCTION": *deliver.function.FunctionName(),
	}
	var arns []string
	for _, q := range queues {
		environment[strings.ToUpper(strings.ReplaceAll(q.redriveName, "-", "_"))+"_DLQ_URL"] = *q.queue.QueueUrl()
		arns = append(arns, *q.queue.QueueArn())
	}
	return newFunction(scope, functionProps{
		name:        "Redrive",
		description: "Puts dead letters back through the functions they are meant for; an operator invokes it.",
		// As long as the longest function that it waits for.
		timeout:     900,
		memory:      256,
		environment: environment,
		operated:    true,
		statements: statements{
			allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes").on(arns...),
			allow("lambda:InvokeFunction").on(*record.function.FunctionArn(), *deliver.function.FunctionArn()),
		},
	})
}

// deadLetterDays is how long a dead letter is kept: as long as SQS can.
const deadLetterDays = 14

// newDeadLetterQueue makes a queue for what failed.
func newDeadLetterQueue(scope constructs.Construct, name string) awssqs.IQueue {
	return awssqs.NewQueue(scope, jsii.String(name), &awssqs.QueueProps{
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadLetterDays)),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RemovalPolicy:   awscdk.RemovalPolicy_DESTROY,
	})
}

// outputs names the stack's outputs exactly, so that scripts can rely on them.
type outputs struct{ scope constructs.Construct }

func (o outputs) add(name, description string, value *string) {
	output := awscdk.NewCfnOutput(o.scope, jsii.String(name), &awscdk.CfnOutputProps{
		Description: jsii.String(description),
		Value:       value,
	})
	output.OverrideLogicalId(jsii.String(name))
}
