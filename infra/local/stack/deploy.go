package stack

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/shared/deployment"
)

// account is the account that the local SNS and SQS serve.
const account = "000000000000"

// order ranks resource types: resources that do not refer to each other are created
// in this order. Types that are not listed are not supported.
var order = map[string]int{
	"AWS::IAM::Role": 1, "AWS::Logs::LogGroup": 1,
	"AWS::SQS::Queue": 2, "AWS::DynamoDB::Table": 2, "AWS::S3::Bucket": 2, "AWS::SNS::Topic": 2,
	"AWS::SQS::QueuePolicy": 3, "AWS::S3::BucketPolicy": 3, "AWS::SNS::TopicPolicy": 3,
	"AWS::Lambda::Function":          4,
	"AWS::Lambda::EventInvokeConfig": 5, "AWS::Lambda::Permission": 5,
	"AWS::SNS::Subscription": 6,
	// There are no metrics and no EventBridge here.
	"AWS::CloudWatch::Alarm": declaredOnly, "AWS::CloudWatch::Dashboard": declaredOnly,
	"AWS::Scheduler::Schedule": declaredOnly, "AWS::Scheduler::ScheduleGroup": declaredOnly,
}

// declaredOnly is the rank of resources that have no effect on this machine.
const declaredOnly = 7

// NotRun counts the template's resources that have no effect on this machine, by
// type.
func (s *Stack) NotRun() map[string]int {
	counts := map[string]int{}
	for _, resource := range s.template.Resources {
		if order[resource.Type] == declaredOnly {
			counts[resource.Type]++
		}
	}
	return counts
}

// createExisting creates the topics and the output bucket, which in AWS belong to the
// guidance's own stack.
func (s *Stack) createExisting(ctx context.Context) error {
	if s.template.Account != account {
		return fmt.Errorf("the template is for account %s, but the local servers know only %s: "+
			"run make synth without ARGS", s.template.Account, account)
	}
	for _, output := range []string{deployment.TopicARN, deployment.InputTopicARN} {
		topicARN, given := s.template.Outputs[output].Value.(string)
		if !given {
			continue
		}
		topic, err := s.SNS().CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(nameInARN(topicARN))})
		if err != nil {
			return fmt.Errorf("create topic %q: %w", topicARN, err)
		}
		if *topic.TopicArn != topicARN {
			return fmt.Errorf("the template's topic is %s, but the local SNS created %s", topicARN, *topic.TopicArn)
		}
	}
	bucket, _ := s.template.Outputs[deployment.OutputBucket].Value.(string)
	return s.createBucket(ctx, bucket)
}

// nameInARN is what follows an ARN's last colon: the name, for SNS and SQS.
func nameInARN(arn string) string { return arn[strings.LastIndex(arn, ":")+1:] }

// deploy creates the template's resources and evaluates its outputs.
func (s *Stack) deploy(ctx context.Context) error {
	for _, id := range s.template.CreationOrder(func(kind string) int { return order[kind] }) {
		resource := s.template.Resources[id]
		if order[resource.Type] == 0 {
			return fmt.Errorf("resource %s: type %s is not supported by the local stack: add it in infra/local/stack",
				id, resource.Type)
		}
		physical, err := s.create(ctx, id, resource)
		if err != nil {
			return fmt.Errorf("resource %s (%s): %w", id, resource.Type, err)
		}
		s.resolver.Created[id] = physical
	}
	for name, output := range s.template.Outputs {
		value, err := s.resolver.Resolve(output.Value)
		if err != nil {
			return fmt.Errorf("output %s: %w", name, err)
		}
		s.Outputs[name] = fmt.Sprint(value)
	}
	return nil
}

func (s *Stack) create(
	ctx context.Context, id string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	name := s.Name + "-" + id
	switch resource.Type {
	case "AWS::SQS::Queue":
		return s.createQueue(ctx, name, resource)
	case "AWS::DynamoDB::Table":
		return s.createTable(ctx, name, resource)
	case "AWS::S3::Bucket":
		return s.createDeclaredBucket(ctx, name, resource)
	case "AWS::SNS::Topic":
		return s.createTopic(ctx, name, resource)
	case "AWS::SNS::Subscription":
		return s.subscribe(ctx, name, resource)
	case "AWS::IAM::Role":
		return s.createRole(id, name, resource)
	case "AWS::Logs::LogGroup":
		attributes := map[string]string{"Arn": s.logGroupARN(name) + ":*"}
		return cloudformation.Physical{Ref: name, Attributes: attributes}, nil
	case "AWS::Lambda::Function":
		return s.createFunction(name, resource)
	}
	arn := "arn:aws:local:::" + name
	return cloudformation.Physical{Ref: name, Attributes: map[string]string{"Arn": arn}}, s.attach(id, resource)
}

// attach creates what belongs to another resource, and has no name of its own.
func (s *Stack) attach(id string, resource cloudformation.Resource) error {
	switch resource.Type {
	case "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy":
		return s.attachPolicy(id, resource)
	case "AWS::Lambda::EventInvokeConfig":
		return s.configureEvents(resource)
	case "AWS::Lambda::Permission":
		return s.permit(id, resource)
	}
	return nil
}

func (s *Stack) createFunction(name string, resource cloudformation.Resource) (cloudformation.Physical, error) {
	f, err := s.newFunction(name, resource)
	if err != nil {
		return cloudformation.Physical{}, err
	}
	s.Host.Add(f)
	return cloudformation.Physical{Ref: f.Name, Attributes: map[string]string{"Arn": f.ARN}}, nil
}

// newFunction takes a function's settings from the template. Its code is the build
// for this machine of the package that the asset was compiled from.
func (s *Stack) newFunction(name string, resource cloudformation.Resource) (lambdahost.Function, error) {
	var p functionProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return lambdahost.Function{}, err
	}
	bootstrap, err := s.bootstrap(resource)
	if err != nil {
		return lambdahost.Function{}, err
	}
	name = cmp.Or(p.FunctionName, name)
	log, err := os.Create(filepath.Join(s.LogsDir, name+".log"))
	if err != nil {
		return lambdahost.Function{}, err
	}
	s.closers = append(s.closers, log.Close)
	f := lambdahost.Function{
		Name:               name,
		ARN:                s.FunctionARN(name),
		Bootstrap:          bootstrap,
		Environment:        s.functionEnvironment(name, p.Environment.Variables),
		Timeout:            time.Duration(cmp.Or(p.Timeout, 3)) * time.Second,
		MemoryMB:           cmp.Or(p.MemorySize, 128),
		MaxRetries:         2,             // Lambda's default
		MaxEventAge:        6 * time.Hour, // Lambda's default
		DeadLetterQueueARN: p.DeadLetterConfig.TargetArn,
		Log:                log,
	}
	return f, s.assume(f, p)
}

// bootstrap finds the executable compiled for this machine from the same package as
// the function's asset. A Go executable records its package.
func (s *Stack) bootstrap(resource cloudformation.Resource) (string, error) {
	asset, _ := resource.Metadata["aws:asset:path"].(string)
	if asset == "" {
		return "", errors.New("its code is not an asset")
	}
	info, err := buildinfo.ReadFile(filepath.Join(s.template.Dir, asset, "bootstrap"))
	if err != nil {
		return "", fmt.Errorf("read the asset's bootstrap: %w", err)
	}
	bootstrap := filepath.Join(s.options.Root, "build/bin", path.Base(info.Path))
	if _, err := os.Stat(bootstrap); err != nil {
		return "", fmt.Errorf("%s is not compiled for this machine: run make local", info.Path)
	}
	return bootstrap, nil
}

// functionEnvironment has credentials that tell the function from others.
func (s *Stack) functionEnvironment(name string, variables map[string]string) map[string]string {
	environment := map[string]string{
		"AWS_REGION": s.Region, "AWS_DEFAULT_REGION": s.Region,
		"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": s.options.SecretKey,
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	for service, endpoint := range s.functionEndpoints {
		environment["AWS_ENDPOINT_URL_"+service] = endpoint
	}
	maps.Copy(environment, variables)
	maps.Copy(environment, s.options.Environment)
	return environment
}

func (s *Stack) configureEvents(resource cloudformation.Resource) error {
	var p eventInvokeProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return err
	}
	if p.Qualifier != "$LATEST" {
		return fmt.Errorf("qualifier %s is not supported by the local stack", p.Qualifier)
	}
	maxAge := time.Duration(p.MaximumEventAgeInSeconds) * time.Second
	return s.Host.ConfigureEvents(p.FunctionName, p.MaximumRetryAttempts, maxAge)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
