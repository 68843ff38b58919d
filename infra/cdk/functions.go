package main

import (
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/tasktable"
)

// definitions are the stack's functions. Alarms, dashboard, outputs and dead-letter
// queues are derived from them. A definition may use the functions before it.
var definitions = []func(*deployed) definition{record, deliver, redrive, reconcile}

func record(d *deployed) definition {
	topic, publish := d.publishing()
	env := environment.Record{
		Table:    d.tableEnvironment(),
		Metrics:  environment.Metrics{Namespace: d.settings.StackName},
		Runtimes: d.settings.Runtimes,

		TaskRequests:    d.settings.TaskRequests,
		CallerContext:   d.settings.CallerContext,
		TaskEventsTopic: topic,
	}
	work := append(statements{allow("dynamodb:UpdateItem").on(*d.table.TableArn())}, publish...)
	readRequests := d.settings.TaskRequests && d.settings.InputTopicARN == ""
	if d.settings.TaskErrors || readRequests {
		env.IgnoreErrors = !d.settings.TaskErrors
		env.OutputBucket = *d.output.BucketName()
		work = append(work, d.reportStatements()...)
	}
	return definition{
		name:        "record",
		description: "Records the status of each announced task in the task table.",
		timeout:     30,
		memory:      256, // with less, a first invocation is slower; with more, no invocation is faster: make bench
		subscribed:  true,
		requested:   true,
		environment: env,
		statements:  work,
	}
}

func deliver(d *deployed) definition {
	env := d.deliverEnvironment()
	topic, publish := d.publishing()
	if env.TaskEventsTopic = topic; topic != "" {
		env.CallerContext = d.settings.CallerContext
	}
	work := append(d.copyStatements(),
		// deliver reads the item to learn what it delivered before.
		allow("dynamodb:GetItem", "dynamodb:UpdateItem").on(*d.table.TableArn()))
	return definition{
		name:        "deliver",
		description: "Copies each completed task's images to the delivery bucket.",
		timeout:     900, // Lambda's maximum: copying an object of 5 TB takes minutes
		memory:      512, // 1024 makes warm invocations with up to 32 images hardly faster: make bench
		subscribed:  true,
		environment: env,
		statements:  append(work, publish...),
	}
}

func redrive(d *deployed) definition {
	names, functions := d.invocable()
	env := environment.Redrive{Functions: names, Queues: map[deployment.Queue]string{}}
	var queues []string
	for _, q := range d.queues() {
		env.Queues[q.name] = *q.queue.QueueUrl()
		queues = append(queues, *q.queue.QueueArn())
	}
	return definition{
		name:        "redrive",
		description: "Retries dead letters by invoking the functions that they are for; an operator invokes it.",
		timeout:     900,  // as long as the longest function that it waits for
		memory:      1024, // for its share of CPU: a full queue takes thousands of requests
		environment: env,
		statements: statements{
			allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes").
				on(queues...),
			allow("lambda:InvokeFunction").on(functions...),
		},
	}
}

func reconcile(d *deployed) definition {
	names, functions := d.invocable()
	env := environment.Reconcile{Deliver: d.deliverEnvironment(), Functions: names}
	work := append(d.reportStatements(), allow("s3:ListBucket").on(*d.output.BucketArn(), *d.delivery.BucketArn()),
		allow("dynamodb:BatchGetItem").on(*d.table.TableArn()),
		allow("lambda:InvokeFunction").on(functions...))
	if d.input != nil {
		env.Runtimes = d.settings.Runtimes
		work = append(work, allow("dynamodb:Query").on(*d.table.TableArn()+"/index/"+tasktable.StatusIndex))
	}
	return definition{
		name:        "reconcile",
		description: "Compares the output bucket with the task table and the delivery bucket, and repairs them.",
		timeout:     900,  // listing ten million objects takes some minutes
		memory:      1024, // for its share of CPU: eight concurrent listings
		scheduled:   d.settings.ReconcileHours > 0 || d.input != nil,
		environment: env,
		statements:  work,
	}
}
