package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	kongcompletion "github.com/jotaen/kong-completion"

	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// texts are help texts that are too long for their options, or of several.
var texts = kong.Vars{
	"queueHelp": "Only this queue: record, deliver, record-subscription or deliver-subscription.",
	"statuses":  "running,completed,failed",
	"stackHelp": "The CloudFormation stack (default: that of a sourced .local/env, else " +
		deployment.DefaultStackName + ").",
	"sinceHelp":    "Only tasks updated since then: 90s, 10m, 24h, 7d or 2w ago, or an RFC 3339 time",
	"statusHelp":   "Only tasks that are running, completed or failed; may be repeated (default: all).",
	"deliveryHelp": "Only tasks whose delivery is delivered, empty, failed, or none yet.",
}

// globals are the options of every subcommand.
type globals struct {
	StackName string `placeholder:"STACK" help:"${stackHelp}"`
	Profile   string `placeholder:"NAME" help:"The profile in the AWS configuration files, as for the AWS CLI."`
	Region    string `placeholder:"REGION" help:"The AWS Region, as for the AWS CLI."`
	Output    string `enum:"table,json,csv" default:"table" help:"table, json or csv."`
}

// commandLine is what kong parses.
type commandLine struct {
	globals `embed:"" group:"Options of every subcommand:"`

	List       list           `cmd:"" help:"List tasks, newest first."`
	Stuck      stuck          `cmd:"" help:"List tasks that have been running for too long, longest first."`
	Failures   failures       `cmd:"" help:"List failed tasks with their errors, newest first."`
	Get        get            `cmd:"" help:"Show all of one task."`
	Stats      stats          `cmd:"" help:"Count tasks, images and failures, and measure how long they took."`
	Watch      watch          `cmd:"" help:"Print changes until Ctrl-C, or until tasks have ended."`
	Reconcile  reconcile      `cmd:"" help:"Find what was never announced or never arrived, and repair it."`
	Report     reportCommand  `cmd:"" help:"Write a page with tasks, images, timeline and dead letters."`
	Doctor     doctor         `cmd:"" help:"Tell whether everything around the stack is right."`
	Redrive    redrive        `cmd:"" help:"Retry dead letters, or save and delete them."`
	Completion completion     `cmd:"" help:"Print how a shell completes this command's words."`
	Version    versionCommand `cmd:"" help:"Print the version."`
}

// session is a program with the options of every subcommand.
type session struct {
	*program
	globals
}

// run runs a subcommand, and returns the name that its error is printed with.
func (p *program) run(ctx context.Context, args []string) (name string, err error) {
	name = "sdtasks"
	var line commandLine
	helped := false
	parser, err := kong.New(&line, kong.Name(name), kong.Writers(p.out, p.progress),
		kong.Description("Answers questions about the tasks of a deployed stack, and redrives its dead letters."),
		texts,
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.Exit(func(int) { helped = true }))
	if err != nil {
		return name, err
	}
	kongcompletion.Register(parser) // answers the shell, and exits, if that asks
	chosen, err := parser.Parse(args)
	switch {
	case helped:
		return name, nil
	case err != nil:
		return name, usageError{fmt.Errorf("%w: see %s --help", err, fullName(name, err))}
	}
	if chosen.Selected().Name == "redrive" {
		name = "redrive"
	}
	s := &session{p, line.globals}
	chosen.BindTo(ctx, (*context.Context)(nil))
	return name, s.advise(chosen.Run(s))
}

// fullName is the name of the subcommand that an error of the parser is about.
func fullName(name string, err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		return name + " " + parse.Context.Selected().Name
	}
	return name
}

// config is the AWS configuration.
func (s *session) config(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(s.Profile), config.WithRegion(s.Region))
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	return awsclient.Configure(cfg), nil // after loading: the SDK makes clients for credentials, too
}

// tasks finds the task table, and what belongs to it.
func (s *session) tasks(ctx context.Context) (cfg aws.Config, outputs taskOutputs, err error) {
	if cfg, err = s.config(ctx); err != nil {
		return cfg, outputs, err
	}
	outputs, err = findTasks(ctx, cfg, s.variables, s.StackName)
	return cfg, outputs, err
}

// table finds the task table.
func (s *session) table(ctx context.Context) (*tasktable.Table, error) {
	cfg, outputs, err := s.tasks(ctx)
	if err != nil {
		return nil, err
	}
	return outputs.newTable(cfg), nil
}
