package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/deployment"
)

// doctor is the subcommand that tells whether everything around the stack is right.
type doctor struct {
	Smoke          bool   `help:"Also send a task of its own through the real topic, and remove all of it again."`
	TopicArn       string `name:"topic-arn" placeholder:"ARN" help:"Before deploying: the guidance's output topic."`
	OutputBucket   string `placeholder:"NAME" help:"Before deploying: the guidance's output bucket."`
	DeliveryBucket string `placeholder:"NAME" help:"Before deploying: an existing delivery bucket."`
}

// Help is the rest of the help text.
func (doctor) Help() string {
	return `Each line is ✓ (right), ✗ (wrong) or ? (it can't be told), and says what to do. The exit code is 1 if
something is wrong. --smoke publishes one announcement with an image of its own, waits for its item and its copy, and
removes them.
Examples:

    sdtasks doctor
    sdtasks doctor --smoke
    sdtasks doctor --topic-arn arn:aws:sns:us-east-1:111122223333:topic --output-bucket images`
}

// The marks of checks.
const (
	right   = "✓"
	wrong   = "✗"
	unclear = "?"
)

// check is what was found of one thing.
type check struct {
	Mark  string `json:"mark"`
	About string `json:"about"`
	Says  string `json:"says"`
	// Do is what to do, "" for nothing.
	Do string `json:"do,omitempty"`
}

// checkTime bounds each group of checks: a service that does not answer is a ?.
const checkTime = 10 * time.Second

// errWrong makes the command exit with status 1, so that scripts notice.
var errWrong = errors.New("something is wrong: the lines with ✗ say what to do")

// surroundings has the outputs that checks need; what is "" can't be checked.
type surroundings struct {
	TopicARN       string            `env:"TOPIC_ARN"`
	TaskTable      string            `env:"TASK_TABLE"`
	OutputBucket   string            `env:"OUTPUT_BUCKET"`
	DeliveryBucket string            `env:"DELIVERY_BUCKET"`
	Functions      map[string]string `env:"*_FUNCTION"`
	Queues         map[string]string `env:"*_DLQ_URL"`
	Settings       string            `env:"SETTINGS"`
}

// examination is one run of the checks.
type examination struct {
	*session
	surroundings
	cfg aws.Config
	// local says that the stack is on this machine, where some services are
	// missing.
	local bool
}

// Run runs the subcommand.
func (c *doctor) Run(ctx context.Context, s *session) error {
	cfg, err := s.config(ctx)
	if err != nil {
		return err
	}
	x := &examination{session: s, cfg: cfg, local: s.StackName == "" && sourced(s.variables)}
	groups := x.groups()
	if c.TopicArn != "" || c.OutputBucket != "" || c.DeliveryBucket != "" {
		if c.Smoke {
			return usageError{errors.New("--smoke needs a deployed stack: leave out the other options")}
		}
		x.surroundings = surroundings{TopicARN: c.TopicArn, OutputBucket: c.OutputBucket, DeliveryBucket: c.DeliveryBucket}
	} else {
		complete := func(o surroundings) bool { return o.TopicARN != "" && o.TaskTable != "" }
		x.surroundings, err = lookUp(ctx, cfg, s.variables, s.StackName, complete, deployment.TopicARN)
		if err != nil {
			return err
		}
	}
	checks := runAll(ctx, groups)
	if c.Smoke {
		checks = append(checks, x.smoke(ctx)...)
	}
	if err := s.printChecks(checks); err != nil {
		return err
	}
	if slices.ContainsFunc(checks, func(c check) bool { return c.Mark == wrong }) {
		return errWrong
	}
	return nil
}

// group makes checks of one thing; none if it is not known.
type group func(context.Context) []check

func (x *examination) groups() []group {
	return []group{x.topic, x.subscriptions, x.outputBucket, x.deliveryBucket, x.table, x.functions, x.rights,
		x.deadLetters, x.alarms, x.inputQueues, x.starts}
}

// runAll runs all at once, and returns their checks in order.
func runAll(ctx context.Context, groups []group) []check {
	found := make([][]check, len(groups))
	var all sync.WaitGroup
	for i, g := range groups {
		all.Go(func() { found[i] = g(ctx) })
	}
	all.Wait()
	return slices.Concat(found...)
}

// bounded is ctx with a deadline.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, checkTime)
}

func ok(about, format string, args ...any) check {
	return check{Mark: right, About: about, Says: fmt.Sprintf(format, args...)}
}

func bad(about, do, format string, args ...any) check {
	return check{wrong, about, fmt.Sprintf(format, args...), do}
}

// untold is what an error tells of something: nothing, and why.
func untold(about, action string, err error) check {
	var api smithy.APIError
	status := awserror.Status(err)
	switch {
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return check{unclear, about, "you may not ask: " + awserror.Code(err), "to be told, you need " + action}
	case errors.As(err, &api):
		return check{Mark: unclear, About: about, Says: api.ErrorCode() + ": " + api.ErrorMessage()}
	case errors.Is(err, context.DeadlineExceeded):
		return check{unclear, about, "no answer within " + checkTime.String(), "look at the network, and try again"}
	}
	return check{unclear, about, err.Error(), "look at the network, and try again"}
}

// notHere is the check of what the local stack does not have; ok is false if it
// has it.
func (x *examination) notHere(service, about string) (c check, missing bool) {
	prefix := "AWS_ENDPOINT_URL_" + service + "="
	known := slices.ContainsFunc(x.variables, func(v string) bool { return strings.HasPrefix(v, prefix) })
	if !x.local || known {
		return check{}, false
	}
	return check{Mark: unclear, About: about, Says: "the local stack has no such service"}, true
}

// printChecks prints them for people, or for programs.
func (s *session) printChecks(checks []check) error {
	switch s.Output {
	case "json":
		return printJSON(s.out, checks)
	case "csv":
		rows := sheet{headings: []heading{{"mark", ""}, {"about", ""}, {"says", ""}, {"do", ""}}}
		for _, c := range checks {
			rows.rows = append(rows.rows, []any{c.Mark, c.About, c.Says, c.Do})
		}
		return s.printCSV(rows)
	}
	for _, c := range checks {
		fmt.Fprintf(s.out, "%v %s: %s\n", s.cell(c.Mark), escape(c.About), escape(c.Says))
		if c.Do != "" {
			fmt.Fprintf(s.out, "  → %s\n", escape(c.Do))
		}
	}
	return nil
}
