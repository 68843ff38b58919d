package stack

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ignored accepts any value of a property that has no effect locally.
type ignored struct{}

func (ignored) UnmarshalJSON([]byte) error { return nil }

// One struct per resource type lists every property that the local stack supports.
// Those of type ignored matter only in AWS. Any other property is an error.
type (
	queueProperties struct {
		MessageRetentionPeriod     int
		SqsManagedSseEnabled, Tags ignored
	}
	// Items don't expire: the stack doesn't run long enough.
	tableProperties struct {
		AttributeDefinitions   []types.AttributeDefinition
		KeySchema              []types.KeySchemaElement
		GlobalSecondaryIndexes []types.GlobalSecondaryIndex
		BillingMode            types.BillingMode

		DeletionProtectionEnabled, PointInTimeRecoverySpecification, SSESpecification, Tags ignored
		TimeToLiveSpecification                                                             ignored
	}
	topicProperties  struct{ Tags ignored }
	bucketProperties struct {
		BucketEncryption struct {
			ServerSideEncryptionConfiguration []struct {
				ServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
				BucketKeyEnabled              ignored
			}
		}
		LifecycleConfiguration, NotificationConfiguration, OwnershipControls ignored
		PublicAccessBlockConfiguration, Tags                                 ignored
	}
	logGroupProperties struct{ RetentionInDays, Tags ignored }
	// Code has the asset's path. The stack runs the same source, compiled for this machine.
	functionProperties struct {
		Timeout, MemorySize                                      int
		Environment                                              struct{ Variables map[string]string }
		DeadLetterConfig                                         struct{ TargetArn string }
		LoggingConfig                                            struct{ LogFormat, LogGroup string }
		Role                                                     string
		TracingConfig                                            struct{ Mode string }
		Architectures, Code, Description, Handler, Runtime, Tags ignored
	}
	eventInvokeProperties struct {
		FunctionName, Qualifier  string
		MaximumRetryAttempts     int
		MaximumEventAgeInSeconds ignored // no retry here comes that late
	}
	permissionProperties struct{ Action, FunctionName, Principal, SourceArn string }
	roleProperties       struct {
		AssumeRolePolicyDocument json.RawMessage
		Policies                 []struct {
			PolicyName     string
			PolicyDocument json.RawMessage
		}
		Description, Tags ignored
	}
	// resourcePolicyProperties are the properties of a queue's, a topic's or a bucket's policy.
	resourcePolicyProperties struct {
		PolicyDocument json.RawMessage
		Queues, Topics []string // URLs, and ARNs
		Bucket         string
	}
	subscriptionProperties struct {
		TopicArn, Protocol, Endpoint string
		Region                       ignored // the stack's
		RedrivePolicy                struct {
			DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		}
	}
)

// decodeProperties reads a resource's properties, resolved, into one of the structs above.
func decodeProperties(properties, target any) error {
	data, err := json.Marshal(properties)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return fmt.Errorf("the local stack can't read a property: %w: add it in infra/local/stack/properties.go", err)
	}
	return nil
}
