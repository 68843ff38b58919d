package stack

import (
	"strings"

	"sdtasktracker/infra/local/authorizer"
)

// place is where the template is deployed.
func (s *Stack) place() authorizer.Place {
	return authorizer.Place{Partition: s.resolver.Pseudo["AWS::Partition"], Account: account, Region: s.Region}
}

// FunctionARN returns the ARN of a function, given its name or its ARN.
func (s *Stack) FunctionARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return s.place().ARN("lambda", "function:"+name)
}

// QueueARN returns the ARN of a queue, given its name.
func (s *Stack) QueueARN(name string) string { return s.place().ARN("sqs", name) }

func (s *Stack) bucketARN(name string) string { return "arn:" + s.place().Partition + ":s3:::" + name }

func (s *Stack) tableARN(name string) string { return s.place().ARN("dynamodb", "table/"+name) }

func (s *Stack) logGroupARN(name string) string { return s.place().ARN("logs", "log-group:"+name) }

func (s *Stack) roleARN(name string) string {
	return "arn:" + s.place().Partition + ":iam::" + account + ":role/" + name
}

// sessionARN returns the ARN of a function's session of its role.
func (s *Stack) sessionARN(roleARN, function string) string {
	role := roleARN[strings.LastIndex(roleARN, "/")+1:]
	return "arn:" + s.place().Partition + ":sts::" + account + ":assumed-role/" + role + "/" + function
}

// nameInARN returns the text after an ARN's last colon, which is the name for SNS and SQS.
func nameInARN(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }
