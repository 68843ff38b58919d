package main

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
)

// options are the command line's.
type options struct {
	request   deadletter.Request
	save      string // the file to save dead letters to instead of redriving them
	delete    bool   // what was saved
	stackName string // "" if not given
}

// parse reads the command line.
func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("redrive", flag.ContinueOnError)
	flags.SetOutput(usage)
	queue := flags.String("queue", "", "only this `queue`: record, deliver, record-subscription or deliver-subscription")
	flags.BoolVar(&o.request.DryRun, "dry-run", false, "list the dead letters and why they failed, without redriving them")
	flags.IntVar(&o.request.Max, "max", 0, "redrive at most this many dead letters (default no limit)")
	flags.StringVar(&o.request.TaskID, "task-id", "", "only dead letters of this `task`")
	flags.StringVar(&o.request.ErrorContains, "error-contains", "", "only dead letters whose error contains this `text`")
	olderThan := flags.Duration("older-than", 0,
		"only dead letters that have been in the queue for longer than this, such as 10m")
	flags.Float64Var(&o.request.RatePerSecond, "rate", 0,
		"start at most this many invocations per second (default no limit)")
	flags.StringVar(&o.save, "save", "", "write dead letters to this new `file` instead of redriving them")
	flags.BoolVar(&o.delete, "delete", false, "with --save: delete from the queue what the file has")
	stackName := flags.String("stack-name", deployment.DefaultStackName, "the CloudFormation `stack`")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("%q is not an option: see --help", flags.Arg(0))
	}
	flags.Visit(func(given *flag.Flag) {
		if given.Name == "stack-name" {
			o.stackName = *stackName
		}
	})
	o.request.Queue, o.request.OlderThan = deadletter.Queue(*queue), deadletter.Duration(*olderThan)
	return o, o.check()
}

// check refuses options that contradict each other.
func (o options) check() error {
	r := o.request
	switch {
	case o.save != "" && (r.DryRun || r.RatePerSecond != 0):
		return errors.New("--save goes with neither --dry-run nor --rate")
	case o.delete && o.save == "":
		return errors.New("--delete needs --save FILE: what is deleted is gone from the queue")
	case o.delete && r.Queue == "" && r.Max == 0 && !r.HasConditions():
		return errors.New("--delete needs --queue, --task-id, --error-contains, --older-than or --max: " +
			"it deletes only what was chosen")
	}
	return r.Validate()
}
