package stack

import (
	"sdtasktracker/shared/deployment"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Services are the services that a stack has, named by the suffixes of their AWS_ENDPOINT_URL_….
var Services = []string{"SNS", "SQS", "S3", "DYNAMODB", "LAMBDA"}

// Environment returns the variables, as NAME=value, with which any AWS client can use the stack, if it has no other
// variables that begin with AWS_: endpoints, credentials, and every output, named by [deployment.Variable]. The stack
// also answers requests to services that it doesn't have, so that no request reaches AWS.
func (s *Stack) Environment() []string {
	variables := []string{
		"AWS_REGION=" + s.Region,
		"AWS_DEFAULT_REGION=" + s.Region,
		"AWS_ACCESS_KEY_ID=" + s.options.AccessKey,
		"AWS_SECRET_ACCESS_KEY=" + s.options.SecretKey,
		"AWS_CONFIG_FILE=/dev/null", // profiles may have endpoints and credentials
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_ENDPOINT_URL=" + s.elsewhere,
	}
	for _, service := range Services {
		variables = append(variables, "AWS_ENDPOINT_URL_"+service+"="+s.Endpoints[service])
	}
	for _, name := range sortedKeys(s.Outputs) {
		variables = append(variables, deployment.Variable(name)+"="+s.Outputs[name])
	}
	return variables
}

// config configures a client of a service.
func (s *Stack) config(service string) aws.Config {
	config := s.Config
	config.BaseEndpoint = aws.String(s.Endpoints[service])
	return config
}

// DynamoDB returns a client of the stack's DynamoDB.
func (s *Stack) DynamoDB() *dynamodb.Client { return dynamodb.NewFromConfig(s.config("DYNAMODB")) }

// S3 returns a client of the stack's S3.
func (s *Stack) S3() *s3.Client {
	return s3.NewFromConfig(s.config("S3"), func(o *s3.Options) { o.UsePathStyle = true })
}

// SNS returns a client of the stack's SNS.
func (s *Stack) SNS() *sns.Client { return sns.NewFromConfig(s.config("SNS")) }

// SQS returns a client of the stack's SQS.
func (s *Stack) SQS() *sqs.Client { return sqs.NewFromConfig(s.config("SQS")) }

// Lambda returns a client of the stack's Lambda.
func (s *Stack) Lambda() *lambda.Client { return lambda.NewFromConfig(s.config("LAMBDA")) }
