package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"

	"sdtasktracker/infra/local/authorizer"
	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/lambdahost"
)

// The services that act on their own.
var (
	lambdaService = iam.Principal{Service: "lambda.amazonaws.com"}
	snsService    = iam.Principal{Service: "sns.amazonaws.com"}
)

// newAuthorizer returns an authorizer without policies. Roles and policies are added
// as the stack creates them.
func (s *Stack) newAuthorizer() *authorizer.Authorizer {
	denied := s.options.Denied
	if denied == nil {
		denied = func(err error) { fmt.Fprintln(os.Stderr, err) }
	}
	return authorizer.New(s.place(), denied)
}

func (s *Stack) createRole(_ context.Context, id string, p roleProperties) (cloudformation.Physical, error) {
	arn := s.roleARN(s.physicalName(id))
	physical := withARN(s.physicalName(id), arn)
	trust, err := iam.Parse(id+"/AssumeRolePolicyDocument", iam.Trust, p.AssumeRolePolicyDocument)
	if err != nil {
		return physical, err
	}
	s.Authorizer.Attach(arn, trust)
	for _, inline := range p.Policies {
		policy, err := iam.Parse(id+"/"+inline.PolicyName, iam.Identity, inline.PolicyDocument)
		if err != nil {
			return physical, err
		}
		s.Authorizer.AddRole(arn, policy)
	}
	return physical, nil
}

// attachPolicy attaches a resource policy to queues, topics or a bucket.
func (s *Stack) attachPolicy(
	_ context.Context, id string, p resourcePolicyProperties,
) (physical cloudformation.Physical, err error) {
	arns := p.Topics
	for _, url := range p.Queues {
		arns = append(arns, s.QueueARN(path.Base(url)))
	}
	if p.Bucket != "" {
		arns = append(arns, s.bucketARN(p.Bucket))
	}
	return physical, s.attach(id, p.PolicyDocument, arns...)
}

func (s *Stack) attach(name string, document []byte, arns ...string) error {
	policy, err := iam.Parse(name, iam.Resource, document)
	if err != nil {
		return err
	}
	for _, arn := range arns {
		s.Authorizer.Attach(arn, policy)
	}
	return nil
}

// permit adds a statement to a function's policy, as Lambda's AddPermission
// does.
func (s *Stack) permit(
	_ context.Context, id string, p permissionProperties,
) (physical cloudformation.Physical, err error) {
	arn := s.FunctionARN(p.FunctionName)
	document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Action": p.Action, "Resource": arn, "Principal": map[string]string{"Service": p.Principal},
		"Condition": map[string]any{"ArnLike": map[string]string{iam.SourceARN: p.SourceArn}},
	}})
	if err != nil {
		return physical, err
	}
	return physical, s.attach(id, document, arn)
}

// assume makes a function's session of its role, and checks that the role allows what
// Lambda does with it: write logs ("Working with Lambda function logs"), send traces
// ("Visualize Lambda function invocations using AWS X-Ray"), and send dead letters
// ("Adding a dead-letter queue"). Lambda's CreateFunction refuses a role that it can't
// assume or send dead letters with. Without the other rights, logs and traces would be
// missing.
func (s *Stack) assume(f lambdahost.Function, p functionProperties) error {
	if err := s.Authorizer.Authorize(lambdaService, "sts:AssumeRole", p.Role, ""); err != nil {
		return fmt.Errorf("the role defined for the function cannot be assumed by Lambda: %w", err)
	}
	session := iam.Principal{ARN: s.sessionARN(p.Role, f.Name), Role: p.Role}
	s.sessions[f.Name] = session
	s.Authorizer.AddCaller(f.Name, session)
	stream := s.logGroupARN(p.LoggingConfig.LogGroup) + ":log-stream:"
	errs := []error{
		s.Authorizer.Authorize(session, "logs:CreateLogStream", stream, ""),
		s.Authorizer.Authorize(session, "logs:PutLogEvents", stream+"local", ""),
	}
	if p.TracingConfig.Mode == "Active" {
		errs = append(errs, s.Authorizer.Authorize(session, "xray:PutTraceSegments", "*", ""),
			s.Authorizer.Authorize(session, "xray:PutTelemetryRecords", "*", ""))
	}
	if f.DeadLetterQueueARN != "" {
		errs = append(errs, s.Authorizer.Authorize(session, "sqs:SendMessage", f.DeadLetterQueueARN, ""))
	}
	return errors.Join(errs...)
}
