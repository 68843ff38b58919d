package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"sdtasktracker/shared/tasktable"
)

// adviser is what to do about the errors that one of its codes or words is in.
type adviser struct{ clue, advice string }

var advisers = []adviser{
	{"ResourceNotFoundException", "check --stack-name, --region and --profile; is a local stack still running?"},
	{"ExpiredToken", "log in again, for example with aws sso login"},
	{"AccessDenied", "the credentials need dynamodb:GetItem and dynamodb:Query of the table and its index, " +
		"and cloudformation:DescribeStacks"},
	{"failed to refresh cached credentials", "log in, for example with aws sso login, or choose a --profile"},
	{"Missing Region", "set --region or AWS_REGION"},
	{"connection refused", "is the local stack of the sourced .local/env still running? (make local)"},
}

// advise adds to an error what to do about it.
func (s *session) advise(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, tasktable.ErrNotFound) {
		return fmt.Errorf("%w: sdtasks list shows tasks, --stack-name chooses the stack", err)
	}
	var api smithy.APIError
	var operation *smithy.OperationError
	if !errors.As(err, &api) && !errors.As(err, &operation) {
		return err
	}
	if s.StackName != "" && sourced(s.variables) {
		return fmt.Errorf("%w: this shell has sourced .local/env, whose endpoints and credentials are in use: "+
			"open another for stack %s", err, s.StackName)
	}
	for _, a := range advisers {
		if strings.Contains(err.Error(), a.clue) {
			return fmt.Errorf("%w: %s", err, a.advice)
		}
	}
	return err
}
