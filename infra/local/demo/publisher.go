package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/uuid"

	"sdtasktracker/infra/local/picture"
	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deployment"
)

// publisher acts as the guidance: its API publishes the request, and its queue agent
// uploads the images, then announces the task.
type publisher struct{ stack *stack.Stack }

func (p publisher) play(ctx context.Context, t task) error {
	if err := p.upload(ctx, t.images...); err != nil {
		return err
	}
	if t.report != "" {
		if err := p.put(ctx, reportKey(t.id), []byte(t.report)); err != nil {
			return err
		}
	}
	for _, m := range t.messages {
		if err := p.publish(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (p publisher) upload(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := p.put(ctx, key, picture.PNG(key, 512, 512)); err != nil {
			return err
		}
	}
	return nil
}

func (p publisher) put(ctx context.Context, key string, body []byte) error {
	_, err := p.stack.S3().PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(p.stack.Outputs[deployment.OutputBucket]), Key: aws.String(key),
		Body: bytes.NewReader(body), ContentType: aws.String(http.DetectContentType(body)),
	})
	if err != nil {
		return fmt.Errorf("upload %s: %w", key, err)
	}
	return nil
}

func (p publisher) publish(ctx context.Context, m message) error {
	if m.age > 0 {
		return p.invoke(ctx, m)
	}
	input := sns.PublishInput{
		TopicArn: aws.String(p.stack.Outputs[deployment.TopicARN]), Message: aws.String(m.body),
	}
	if m.runtime != "" {
		input.TopicArn = aws.String(p.stack.Outputs[deployment.InputTopicARN])
		input.MessageAttributes = map[string]snstypes.MessageAttributeValue{
			"runtime": {DataType: aws.String("String"), StringValue: aws.String(m.runtime)},
		}
	}
	_, err := p.stack.SNS().Publish(ctx, &input)
	return err
}

// invoke invokes the functions as SNS would with an announcement of that age.
func (p publisher) invoke(ctx context.Context, m message) error {
	event, err := json.Marshal(announcement.NewEvent(events.SNSEntity{
		Type: "Notification", MessageID: uuid.NewString(), TopicArn: p.stack.Outputs[deployment.TopicARN],
		Message: m.body, Timestamp: time.Now().Add(-m.age).Truncate(time.Millisecond).UTC(),
	}, p.stack.Outputs[deployment.TopicARN]+":redelivery"))
	if err != nil {
		return err
	}
	functions := []string{
		p.stack.Outputs[deployment.FunctionOutput("record")], p.stack.Outputs[deployment.FunctionOutput("deliver")],
	}
	for range 1 + m.repeat {
		for _, function := range functions {
			_, err := p.stack.Lambda().Invoke(ctx, &lambda.InvokeInput{
				FunctionName: aws.String(function), InvocationType: types.InvocationTypeEvent, Payload: event,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
