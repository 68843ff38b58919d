package taskevent

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// maxAttributeBytes is the longest runtime that is a message attribute: filter policies match short names.
const maxAttributeBytes = 256

// Publisher publishes events to a topic. Its methods are safe for concurrent use.
type Publisher struct {
	Client   *sns.Client
	TopicARN string
}

// Publish publishes an event as one message of at most 256 KB. The message attributes event, status and runtime are
// for filter policies. Errors come from SNS; an event that was published before may be published again.
func (p *Publisher) Publish(ctx context.Context, e Event) error {
	message, err := e.encode()
	if err != nil {
		return err
	}
	_, err = p.Client.Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(p.TopicARN), Message: aws.String(string(message)), MessageAttributes: e.attributes(),
	})
	if err != nil {
		return fmt.Errorf("publish the event %s of task %q to %s: %w", e.Kind, e.TaskID, p.TopicARN, err)
	}
	return nil
}

// attributes are the message attributes. SNS refuses an empty value, and one that XML has no characters for.
func (e Event) attributes() map[string]types.MessageAttributeValue {
	attributes := map[string]types.MessageAttributeValue{
		"event": attribute(string(e.Kind)), "status": attribute(string(e.Status)),
	}
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if e.Runtime != "" && len(e.Runtime) <= maxAttributeBytes && strings.IndexFunc(e.Runtime, unprintable) < 0 {
		attributes["runtime"] = attribute(e.Runtime)
	}
	return attributes
}

func attribute(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
}
