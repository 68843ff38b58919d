package stack

import (
	"cmp"
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

// newAuthorizer is without policies: the template's roles and policies come as
// they are created.
func (s *Stack) newAuthorizer() *authorizer.Authorizer {
	denied := s.options.Denied
	if denied == nil {
		denied = func(err error) { fmt.Fprintln(os.Stderr, err) }
	}
	return authorizer.New(s.place(), denied)
}

func (s *Stack) createRole(
	id, name string, resource cloudformation.Resource,
) (physical cloudformation.Physical, err error) {
	var p roleProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return physical, err
	}
	name = cmp.Or(p.RoleName, name)
	arn := s.roleARN(name)
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
	return cloudformation.Physical{Ref: name, Attributes: map[string]string{"Arn": arn}}, nil
}

// attachPolicy attaches a resource policy to queues, topics or a bucket.
func (s *Stack) attachPolicy(id string, resource cloudformation.Resource) error {
	var p resourcePolicyProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return err
	}
	policy, err := iam.Parse(id, iam.Resource, p.PolicyDocument)
	if err != nil {
		return err
	}
	arns := p.Topics
	for _, url := range p.Queues {
		arns = append(arns, s.QueueARN(path.Base(url)))
	}
	if p.Bucket != "" {
		arns = append(arns, s.bucketARN(p.Bucket))
	}
	for _, arn := range arns {
		s.Authorizer.Attach(arn, policy)
	}
	return nil
}

// permit adds a statement to a function's policy, as Lambda's AddPermission
// does.
func (s *Stack) permit(id string, resource cloudformation.Resource) error {
	var p permissionProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return err
	}
	arn := s.FunctionARN(p.FunctionName)
	statement := map[string]any{
		"Effect": "Allow", "Action": p.Action, "Resource": arn, "Principal": map[string]string{"Service": p.Principal},
	}
	conditions := map[string]any{}
	if p.SourceArn != "" {
		conditions["ArnLike"] = map[string]string{iam.SourceARN: p.SourceArn}
	}
	if p.SourceAccount != "" {
		conditions["StringEquals"] = map[string]string{iam.SourceAccount: p.SourceAccount}
	}
	if len(conditions) > 0 {
		statement["Condition"] = conditions
	}
	document, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statement})
	if err != nil {
		return err
	}
	policy, err := iam.Parse(id, iam.Resource, document)
	if err != nil {
		return err
	}
	s.Authorizer.Attach(arn, policy)
	return nil
}

// assume makes a function's session of its role, and makes sure that Lambda can
// do with it what it does on its own: write logs ("Working with Lambda function
// logs"), send traces ("Visualize Lambda function invocations using AWS X-Ray"),
// and send dead letters ("Adding a dead-letter queue"). CreateFunction refuses a
// role that it can't assume or send dead letters with; for lack of the others,
// logs and traces would be missing.
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
