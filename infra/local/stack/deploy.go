package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/shared/deployment"
)

// account is the account that the local SNS and SQS serve.
const account = "000000000000"

// declaredOnly are the types of resources without effect on this machine, which has no metrics and no EventBridge.
var declaredOnly = []string{"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Scheduler::Schedule",
	"AWS::Scheduler::ScheduleGroup"}

// creator creates a resource, given its logical ID and its resolved properties.
type creator func(ctx context.Context, id string, properties any) (cloudformation.Physical, error)

// newCreators returns the creators of all other supported types.
func (s *Stack) newCreators() map[string]creator {
	return map[string]creator{
		"AWS::DynamoDB::Table":           creates(s.createTable),
		"AWS::IAM::Role":                 creates(s.createRole),
		"AWS::Lambda::EventInvokeConfig": creates(s.configureEvents),
		"AWS::Lambda::Function":          creates(s.createFunction),
		"AWS::Lambda::Permission":        creates(s.permit),
		"AWS::Logs::LogGroup":            creates(s.createLogGroup),
		"AWS::S3::Bucket":                creates(s.createBucket),
		"AWS::S3::BucketPolicy":          creates(s.attachPolicy),
		"AWS::SNS::Subscription":         creates(s.subscribe),
		"AWS::SNS::Topic":                creates(s.createTopic),
		"AWS::SNS::TopicPolicy":          creates(s.attachPolicy),
		"AWS::SQS::Queue":                creates(s.createQueue),
		"AWS::SQS::QueuePolicy":          creates(s.attachPolicy),
	}
}

// creates returns a creator that decodes the properties.
func creates[P any](create func(context.Context, string, P) (cloudformation.Physical, error)) creator {
	return func(ctx context.Context, id string, properties any) (physical cloudformation.Physical, err error) {
		var p P
		if err := decodeProperties(properties, &p); err != nil {
			return physical, err
		}
		return create(ctx, id, p)
	}
}

// NotRun counts the template's resources that have no effect on this machine, by
// type, such as "1 Scheduler::Schedule".
func (s *Stack) NotRun() (counts []string) {
	for _, kind := range declaredOnly {
		n := 0
		for _, resource := range s.template.Resources {
			if resource.Type == kind {
				n++
			}
		}
		counts = append(counts, fmt.Sprintf("%d %s", n, strings.TrimPrefix(kind, "AWS::")))
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
		if _, err := s.SNS().CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(nameInARN(topicARN))}); err != nil {
			return fmt.Errorf("create topic %s: %w", topicARN, err)
		}
	}
	return s.makeBucket(ctx, fmt.Sprint(s.template.Outputs[deployment.OutputBucket].Value))
}

// makeBucket creates a bucket, unless it exists: a server that is not the stack's own keeps buckets.
func (s *Stack) makeBucket(ctx context.Context, name string) error {
	_, err := s.S3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	var exists *s3types.BucketAlreadyOwnedByYou
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create bucket %q: %w", name, err)
	}
	return nil
}

// deploy creates the template's resources, evaluates its outputs, and starts the bridges.
func (s *Stack) deploy(ctx context.Context) error {
	s.resolver.Resource = func(id string) (cloudformation.Physical, error) { return s.resource(ctx, id) }
	for _, id := range sortedKeys(s.template.Resources) {
		if _, err := s.resource(ctx, id); err != nil {
			return err
		}
	}
	for name, output := range s.template.Outputs {
		value, err := s.resolver.Resolve(output.Value)
		if err != nil {
			return fmt.Errorf("output %s: %w", name, err)
		}
		s.Outputs[name] = fmt.Sprint(value)
	}
	return s.startBridges(ctx)
}

// resource returns a resource. It first creates it if it doesn't exist, after the resources that it refers to.
func (s *Stack) resource(ctx context.Context, id string) (cloudformation.Physical, error) {
	if physical, ok := s.created[id]; ok {
		return physical, nil
	}
	if s.creating[id] {
		return cloudformation.Physical{}, errors.New("it refers to itself, perhaps through others")
	}
	s.creating[id] = true
	resource := s.template.Resources[id]
	physical := cloudformation.Physical{Ref: id, Attributes: map[string]string{"Arn": "arn:aws:local:::" + id}}
	if !slices.Contains(declaredOnly, resource.Type) {
		create := s.creators[resource.Type]
		if create == nil {
			return physical, fmt.Errorf("resource %s: type %q is not supported by the local stack: add it in infra/local/stack",
				id, resource.Type)
		}
		properties, err := s.resolver.Resolve(resource.Properties)
		if err == nil {
			physical, err = create(ctx, id, properties)
		}
		if err != nil {
			return physical, fmt.Errorf("resource %s (%s): %w", id, resource.Type, err)
		}
	}
	s.created[id] = physical
	return physical, nil
}

// physicalName returns the name of a resource, made from the stack's name and the logical ID as CloudFormation does.
func (s *Stack) physicalName(id string) string { return s.Name + "-" + id }

func withARN(name, arn string) cloudformation.Physical {
	return cloudformation.Physical{Ref: name, Attributes: map[string]string{"Arn": arn}}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
