package main

import (
	"strings"

	"sdtasktracker/shared/deployment"
)

// runbook is the runbook's path in the repository, as alarms link it.
const runbook = "infra/operator/README.md#"

// tasks returns the command line of a subcommand of sdtasks for this stack. Its reader has an email
// and no context, so it names the Region, and the stack unless it has the default name.
func (s Settings) tasks(args string) string {
	args += " --region " + s.Region
	if s.StackName != deployment.DefaultStackName {
		args += " --stack-name " + s.StackName
	}
	return "make tasks ARGS='" + args + "'"
}

// repair returns the command line that records and delivers lost tasks.
func (s Settings) repair() string { return s.tasks("reconcile --repair --until now") }

// aws returns a command line of the AWS CLI in the stack's Region.
func (s Settings) aws(args ...string) string {
	return "aws " + strings.Join(args, " ") + " --region " + s.Region
}

// logs returns the command line that prints the lines of a function's log that match a filter.
func (s Settings) logs(f function, since, filter string) string {
	return s.aws("logs", "tail", *f.logs.LogGroupName(), "--since", since, "--filter-pattern", "'"+filter+"'")
}

// undo says how to undo changes made by hand. Without the option, cdk deploy skips an unchanged
// template.
const undo = "with the stack's settings in cdk.context.json, make deploy ARGS='--revert-drift' undoes what was " +
	"changed by hand"
