package letters

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deadletter"
)

// putBack sends the dead letters of a file, with their errors, to the queues that they were in. The file stays:
// putting a dead letter back twice does no harm, because the functions are idempotent.
func putBack(ctx context.Context, p *output.Printer, d *deployment.Deployment, path string, line command.Line) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--put-back: %w", err)
	}
	defer file.Close()
	client := deadletter.NewClient(d.Config)
	lines := bufio.NewReader(file)
	for n := 1; ; n++ {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			p.Printf("Put back %s. To retry: %v\n", output.Count(n-1, "dead letter"), d.Line.For("redrive"))
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", path, err)
		}
		if err := send(ctx, client, d, text); err != nil {
			return &command.StoppedError{
				Err:  fmt.Errorf("put back line %d of %s: %w", n, path, err),
				Done: output.Count(n-1, "dead letter") + " put back; putting one back again does no harm", Resume: line,
			}
		}
	}
}

func send(ctx context.Context, client *sqs.Client, d *deployment.Deployment, line []byte) error {
	var l savedLetter
	if err := json.Unmarshal(line, &l); err != nil {
		return fmt.Errorf("not a line that --save wrote: %w", err)
	}
	url := d.Queues[l.Queue]
	if url == "" {
		return fmt.Errorf("the stack has no dead-letter queue %q", l.Queue)
	}
	attributes := map[string]types.MessageAttributeValue{}
	for name, a := range l.MessageAttributes {
		attributes[name] = types.MessageAttributeValue{
			DataType: aws.String(a.DataType), StringValue: a.StringValue, BinaryValue: a.BinaryValue}
	}
	_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(url), MessageBody: aws.String(l.Body), MessageAttributes: attributes})
	return err
}
