// Package doctor checks a stack, the guidance's resources that it uses, and who is notified of alarms.
package doctor

import (
	"context"
	"slices"
	"sync"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
)

// Command is the subcommand doctor.
type Command struct {
	Smoke          bool   `help:"Also send a task of its own through the real topic, and remove all traces of it."`
	TopicArn       string `name:"topic-arn" placeholder:"ARN" help:"Before deploying: the guidance's output topic."`
	OutputBucket   string `placeholder:"NAME" help:"Before deploying: the guidance's output bucket."`
	DeliveryBucket string `placeholder:"NAME" help:"Before deploying: an existing delivery bucket."`
}

// Help is the rest of the help text.
func (Command) Help() string {
	return `Each check is ✓ (right), ✗ (wrong) or ? (not known); the line after ✗ or ? says what to do. The exit code is 3
if a check failed. --smoke announces a task with an image of its own, waits for its item and its copy, and removes them.
Examples:

    sdtasks doctor
    sdtasks doctor --smoke
    sdtasks doctor --topic-arn arn:aws:sns:us-east-1:111122223333:topic --output-bucket images`
}

// Run runs the subcommand.
func (c *Command) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	d, groups, err := c.find(ctx, stack)
	if err != nil {
		return err
	}
	checks := checkAll(ctx, d, groups)
	if ctx.Err() != nil {
		return ctx.Err() // the checks failed because of the interrupt
	}
	if c.Smoke {
		checks = append(checks, smoke(ctx, p, d, clock)...)
	}
	check.Print(p, checks)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if wrong := check.CountWrong(checks); wrong > 0 {
		return command.Verdictf("%s failed: see each ✗ above", output.Count(wrong, "check"))
	}
	return nil
}

// group is a function that makes some checks.
type group func(context.Context, *deployment.Deployment) []check.Result

// find finds the stack, or before deploying describes the resources that the options name. It also returns the checks
// for them, without the smoke test.
func (c *Command) find(ctx context.Context, stack *deployment.Finder) (*deployment.Deployment, []group, error) {
	if c.TopicArn == "" && c.OutputBucket == "" && c.DeliveryBucket == "" {
		d, err := stack.Find(ctx, names.TopicARN, names.TaskTable)
		return d, []group{check.Topic, checkSubscriptions, check.OutputBucket, check.DeliveryBucket, checkTable,
			checkFunctions, checkDeadLetters, checkAlarms, checkRecentTasks}, err
	}
	if c.Smoke {
		return nil, nil, command.Usagef("--smoke needs a deployed stack: leave out the other options")
	}
	cfg, err := stack.Config(ctx)
	return &deployment.Deployment{
		Config: cfg, Local: stack.UsesLocal(),
		TopicARN: c.TopicArn, OutputBucket: c.OutputBucket, DeliveryBucket: c.DeliveryBucket,
	}, []group{check.Topic, check.OutputBucket, check.DeliveryBucket}, err
}

// checkAll runs all groups concurrently, and returns their checks in order. A check is unclear if a service doesn't
// answer in time.
func checkAll(ctx context.Context, d *deployment.Deployment, groups []group) []check.Result {
	found := make([][]check.Result, len(groups))
	var all sync.WaitGroup
	for i, group := range groups {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, check.Timeout)
			defer cancel()
			found[i] = group(ctx, d)
		})
	}
	all.Wait()
	return slices.Concat(found...)
}
