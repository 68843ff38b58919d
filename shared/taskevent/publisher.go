package taskevent

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/shared/announcement"
)

// isPlain reports whether a text can be a message attribute. SNS drops a notification if an attribute in a filter
// policy has a quote or a backslash ("Filter policy constraints in Amazon SNS"), and accepts only printable ASCII.
func isPlain(text string) bool {
	odd := func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("\"'\\", r) }
	return strings.TrimSpace(text) != "" && len(text) <= announcement.MaxCallerBytes && strings.IndexFunc(text, odd) < 0
}

// Publisher publishes events to a topic. Its methods are safe for concurrent use.
type Publisher struct {
	Client   *sns.Client
	TopicARN string
}

// Publish publishes an event as one message of at most 256 KB. The message attributes event, status, runtime and
// caller are for filter policies. Errors come from SNS. The same event may be published again.
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

// attributes returns the message attributes.
func (e Event) attributes() map[string]types.MessageAttributeValue {
	attributes := map[string]types.MessageAttributeValue{
		"event": attribute(string(e.Kind)), "status": attribute(string(e.Status)),
	}
	for name, value := range map[string]string{"runtime": e.Runtime, "caller": e.Caller} {
		if isPlain(value) {
			attributes[name] = attribute(value)
		}
	}
	return attributes
}

func attribute(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
}
