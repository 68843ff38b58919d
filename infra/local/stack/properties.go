package stack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"sdtasktracker/infra/local/cloudformation"
)

// ignored accepts any value of a property that has no effect locally.
type ignored struct{}

func (ignored) UnmarshalJSON([]byte) error { return nil }

// One struct per resource type lists every property that the local stack supports.
// Those of type ignored matter only in AWS. Any other property is an error.
type (
	queueProperties struct {
		QueueName              string
		MessageRetentionPeriod int
		VisibilityTimeout      int
		SqsManagedSseEnabled   ignored
		Tags                   ignored
	}
	tableProperties struct {
		TableName               string
		AttributeDefinitions    []attributeDefinition
		KeySchema               []keyElement
		GlobalSecondaryIndexes  []index
		BillingMode             string
		TimeToLiveSpecification *struct {
			AttributeName string
			Enabled       bool
		}
		DeletionProtectionEnabled        ignored
		PointInTimeRecoverySpecification ignored
		SSESpecification                 ignored
		Tags                             ignored
	}
	attributeDefinition struct{ AttributeName, AttributeType string }
	keyElement          struct{ AttributeName, KeyType string }
	index               struct {
		IndexName  string
		KeySchema  []keyElement
		Projection struct {
			ProjectionType   string
			NonKeyAttributes []string
		}
	}
	topicProperties struct {
		TopicName string
		Tags      ignored
	}
	bucketProperties struct {
		BucketName                     string
		BucketEncryption               bucketEncryption
		LifecycleConfiguration         ignored // the stack does not run long enough
		NotificationConfiguration      ignored
		OwnershipControls              ignored
		PublicAccessBlockConfiguration ignored
		Tags                           ignored
	}
	bucketEncryption struct {
		ServerSideEncryptionConfiguration []struct {
			ServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
			BucketKeyEnabled              ignored
		}
	}
	functionProperties struct {
		FunctionName     string
		Description      ignored
		Architectures    ignored // the same source runs, compiled for this machine
		Code             ignored // found by the asset's path
		Handler          string
		Runtime          string
		Timeout          int
		MemorySize       int
		Environment      struct{ Variables map[string]string }
		DeadLetterConfig struct{ TargetArn string }
		LoggingConfig    struct{ LogFormat, LogGroup string }
		Role             string
		TracingConfig    struct{ Mode string }
		Tags             ignored
	}
	eventInvokeProperties struct {
		FunctionName             string
		Qualifier                string
		MaximumEventAgeInSeconds int
		MaximumRetryAttempts     *int
	}
	permissionProperties struct{ Action, FunctionName, Principal, SourceArn, SourceAccount string }

	roleProperties struct {
		RoleName                 string
		AssumeRolePolicyDocument json.RawMessage
		Policies                 []struct {
			PolicyName     string
			PolicyDocument json.RawMessage
		}
		Description ignored
		Tags        ignored
	}
	// of a queue's, a topic's or a bucket's policy
	resourcePolicyProperties struct {
		PolicyDocument json.RawMessage
		Queues         []string // URLs
		Topics         []string // ARNs
		Bucket         string
	}

	subscriptionProperties struct {
		TopicArn, Protocol, Endpoint, Region string
		RedrivePolicy                        struct {
			DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		}
	}
)

var unknownField = regexp.MustCompile(`^json: unknown field (".*")$`)

// properties resolves a resource's properties into target, one of the structs
// above.
func properties(resource cloudformation.Resource, resolver cloudformation.Resolver, target any) error {
	resolved, err := resolver.Resolve(resource.Properties)
	if err != nil {
		return err
	}
	data, err := json.Marshal(resolved)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(target)
	if err == nil {
		return nil
	}
	if match := unknownField.FindStringSubmatch(err.Error()); match != nil {
		return fmt.Errorf("property %s is not supported by the local stack: "+
			"add it in infra/local/stack/properties.go", match[1])
	}
	return err
}
