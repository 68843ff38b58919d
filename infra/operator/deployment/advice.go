package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"

	"sdtasktracker/infra/operator/command"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// rights are what each subcommand needs, besides cloudformation:DescribeStacks.
var rights = map[string]string{
	"list": queryIndex, "stuck": queryIndex, "failures": queryIndex, "stats": queryIndex,
	"get":   "dynamodb:GetItem of the table, and for --links and --download s3:GetObject of the delivery bucket",
	"watch": queryIndex + ", or for given tasks dynamodb:GetItem",
	"report": queryIndex + ", dynamodb:BatchGetItem, s3:GetObject of the delivery bucket, and lambda:InvokeFunction of " +
		"the function redrive",
	"reconcile": "lambda:InvokeFunction of the function reconcile, and for --inventory s3:GetObject of the inventory",
	"redrive": "lambda:InvokeFunction of the function redrive; for --save sqs:ReceiveMessage, sqs:DeleteMessage, " +
		"sqs:ChangeMessageVisibility and sqs:GetQueueAttributes; for --put-back sqs:SendMessage",
}

const queryIndex = "dynamodb:Query of the table's index"

// explainedError is an error as people need it: what failed and why, where, what to do, and last what the SDK says.
type explainedError struct {
	what, where, do, sdk string
	err                  error
}

// Error has a line for each of them.
func (e *explainedError) Error() string {
	text := e.what
	for _, line := range []struct{ title, text string }{
		{"where", e.where}, {"what to do", e.do}, {"the AWS SDK says", e.sdk},
	} {
		if line.text != "" {
			text += "\n  " + line.title + ": " + line.text
		}
	}
	return text
}

// Unwrap returns the error that is explained.
func (e *explainedError) Unwrap() error { return e.err }

// Explain adds to an error of AWS where it happened and what to do about it. The subcommand's name chooses the advice.
func (f *Finder) Explain(subcommand string, err error) error {
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.As(err, new(*explainedError)):
		return err
	case errors.Is(err, tasktable.ErrNotFound):
		do := "sdtasks list shows tasks; --stack-name, --region and --profile choose the stack"
		return &explainedError{what: err.Error(), where: f.where(err), do: do, err: err}
	case !ofAWS(err):
		return err
	}
	e := &explainedError{where: f.where(err), err: err}
	found := diagnose(err)
	e.what, e.sdk = split(err)
	if found.says != "" {
		e.what += ": " + found.says
	}
	e.do = f.advise(subcommand, found)
	var stopped *command.StoppedError
	if errors.As(err, &stopped) {
		e.what += stopped.Lines()
	}
	return e
}

// ofAWS reports whether an error is an answer of AWS, or says why there is none.
func ofAWS(err error) bool {
	return errors.As(err, new(smithy.APIError)) || errors.As(err, new(*smithy.OperationError)) ||
		errors.As(err, new(config.SharedConfigProfileNotExistError))
}

// split splits an error into what failed, in our words, and the SDK's text.
func split(err error) (what, sdk string) {
	var cause error
	var operation *smithy.OperationError
	var profile config.SharedConfigProfileNotExistError
	var api smithy.APIError
	switch {
	case errors.As(err, &operation):
		cause = operation
	case errors.As(err, &profile):
		cause = profile
	case errors.As(err, &api):
		cause = api
	}
	sdk = cause.Error()
	what, _, _ = strings.Cut(err.Error(), sdk)
	return cmp.Or(strings.TrimSuffix(strings.TrimSpace(what), ":"), "ask AWS"), strings.Join(strings.Fields(sdk), " ")
}

// advise is what to do about a problem.
func (f *Finder) advise(subcommand string, found problem) string {
	if f.Options.StackName != "" && f.sourced() {
		return fmt.Sprintf("open another shell for stack %s: this one has sourced .local/env, so its endpoints and "+
			"credentials are in use", f.Options.StackName)
	}
	needs := "the credentials need the right that is missing: infra/operator/README.md lists what " + subcommand + " needs"
	if own, known := rights[subcommand]; known {
		needs = "sdtasks " + subcommand + " needs cloudformation:DescribeStacks, and " + own
	}
	own := login
	if f.Options.Profile != "" {
		own += " --profile " + f.Options.Profile
	}
	return strings.NewReplacer("{rights}", needs, "{login}", own).Replace(found.do)
}

// account finds the account in an ARN.
var account = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):`)

// where is the stack, the Region, the account if it is known, and the credentials.
func (f *Finder) where(err error) string {
	if f.local || f.UsesLocal() {
		return "the local stack whose .local/env this shell has sourced"
	}
	region := "no Region"
	if f.region != "" {
		region = "Region " + f.region
	}
	places := []string{"stack " + cmp.Or(f.Options.StackName, names.DefaultStackName), region}
	found := f.account
	if match := account.FindStringSubmatch(err.Error()); found == "" && match != nil {
		found = match[1]
	}
	if found != "" {
		places = append(places, "account "+found)
	}
	return strings.Join(append(places, f.profile()), ", ")
}

// profile says whose credentials are in use. An explicit profile comes before keys in the environment.
func (f *Finder) profile() string {
	profile := cmp.Or(variable(f.Variables, "AWS_PROFILE"), variable(f.Variables, "AWS_DEFAULT_PROFILE"), "default")
	switch {
	case f.Options.Profile != "":
		profile = f.Options.Profile
	case variable(f.Variables, "AWS_ACCESS_KEY_ID") != "":
		return "credentials of AWS_ACCESS_KEY_ID"
	}
	return "profile " + profile
}
