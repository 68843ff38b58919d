package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/tasktable"
)

// explainedError is an error that says what failed and why, where, and what to do next.
type explainedError struct {
	what, where, do string
	// more are further lines, each after a line break.
	more string
	err  error
}

// Error returns the error on one line, and more lines if there is more to say.
func (e *explainedError) Error() string {
	return fmt.Sprintf("%s (%s) → %s%s", e.what, e.where, e.do, e.more)
}

// Unwrap returns the original error.
func (e *explainedError) Unwrap() error { return e.err }

// Problem returns an error that says what is wrong, in which account and Region, and what to do next. It asks AWS for
// the account; if AWS doesn't answer, the error leaves the account out.
func (f *Finder) Problem(ctx context.Context, what, do string) error {
	if out, err := sts.NewFromConfig(f.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err == nil {
		f.account = aws.ToString(out.Account)
	}
	e := &explainedError{what: what, do: do}
	e.where = f.where(e)
	return e
}

// Explain adds to an error from AWS where it happened and what to do next. The advice names the subcommand.
func (f *Finder) Explain(subcommand string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.As(err, new(*explainedError)) {
		return err
	}
	e := &explainedError{where: f.where(err), err: err}
	what, sdk := split(err)
	var stopped *command.StoppedError
	if errors.As(err, &stopped) {
		e.more = stopped.Lines()
		what = strings.TrimSuffix(what, e.more)
	}
	switch {
	case errors.Is(err, tasktable.ErrNotFound):
		e.what = what
		e.do = fmt.Sprintf("see %v, or choose another stack with --stack-name, --region or --profile", f.Line.For("list"))
	case errors.As(err, new(*FunctionError)):
		e.what = what
		e.do = fmt.Sprintf("see %v, and the function's log: infra/operator/README.md#a-failing-function",
			f.Line.For("doctor"))
	case sdk == "":
		return err
	default:
		found := diagnose(err)
		e.what, e.do = what+": "+says(err, found, sdk), f.advise(subcommand, found)
		if f.Verbose {
			e.more = "\n  the AWS SDK says: " + sdk + e.more
		}
	}
	return e
}

// split splits an error into our own words for what failed, and the SDK's text. sdk is "" if the error doesn't come
// from the SDK.
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
	default:
		return err.Error(), ""
	}
	what, _, _ = strings.Cut(err.Error(), cause.Error())
	return cmp.Or(strings.TrimSuffix(strings.TrimSpace(what), ":"), "ask AWS"),
		strings.Join(strings.Fields(cause.Error()), " ")
}

// denied matches the action that a service has denied.
var denied = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)`)

// says returns what is wrong. It returns the SDK's text, which --verbose prints, only if nothing shorter is known.
func says(err error, found problem, sdk string) string {
	var api smithy.APIError
	action := denied.FindStringSubmatch(sdk)
	switch {
	case found.says != "" && action != nil:
		return found.says + " to " + action[1]
	case found.says != "":
		return found.says
	case errors.As(err, &api):
		return strings.TrimSuffix(api.ErrorCode()+": "+api.ErrorMessage(), ": ")
	}
	return sdk
}

// advise returns what to do about a problem.
func (f *Finder) advise(subcommand string, found problem) string {
	if f.Options.StackName != "" && f.sourced() {
		return fmt.Sprintf("open another shell for stack %s: this one has sourced .local/env, so its endpoints and "+
			"credentials are in use", f.Options.StackName)
	}
	own := login
	if f.Options.Profile != "" {
		own += " --profile " + f.Options.Profile
	}
	return strings.NewReplacer("{login}", own, "{doctor}", f.Line.For("doctor").String(),
		"{rights}", grant(subcommand),
	).Replace(cmp.Or(found.do, "see {doctor}"))
}

// account matches the account in an ARN.
var account = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):`)

// where returns the stack, the Region, the account if it is known, and the credentials in use.
func (f *Finder) where(err error) string {
	if f.local || f.UsesLocal() {
		return "the local stack of .local/env"
	}
	region := "no Region"
	if f.region != "" {
		region = "Region " + f.region
	}
	places := []string{region}
	if f.stack != "" {
		places = []string{"stack " + f.stack, region}
	}
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
