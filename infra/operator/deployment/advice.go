package deployment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"sdtasktracker/shared/tasktable"
)

// advice says what to do about errors that contain a text.
var advice = []struct{ text, do string }{
	{"ResourceNotFoundException", "check --stack-name, --region and --profile; is the local stack still running?"},
	{"ExpiredToken", "log in again, for example with aws sso login"},
	{"AccessDenied", "the credentials need dynamodb:GetItem and dynamodb:Query of the table and its index, " +
		"and cloudformation:DescribeStacks"},
	{"failed to refresh cached credentials", "log in, for example with aws sso login, or choose a --profile"},
	{"Missing Region", "set --region or AWS_REGION"},
	{"connection refused", "is the local stack of the sourced .local/env still running? (make local)"},
}

// Explain adds to an error what to do about it.
func (f *Finder) Explain(err error) error {
	if errors.Is(err, tasktable.ErrNotFound) {
		return fmt.Errorf("%w: sdtasks list shows tasks, --stack-name chooses the stack", err)
	}
	var api smithy.APIError
	var operation *smithy.OperationError
	if !errors.As(err, &api) && !errors.As(err, &operation) {
		return err
	}
	if f.Options.StackName != "" && f.sourced() {
		return fmt.Errorf("%w: this shell has sourced .local/env, so its endpoints and credentials are in use: open another "+
			"shell for stack %s", err, f.Options.StackName)
	}
	for _, a := range advice {
		if strings.Contains(err.Error(), a.text) {
			return fmt.Errorf("%w: %s", err, a.do)
		}
	}
	return err
}
