package letters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

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
	client, lines := deadletter.NewClient(d.Config), json.NewDecoder(file)
	for n := 0; ; n++ {
		var l savedLetter
		err := lines.Decode(&l)
		switch {
		case errors.Is(err, io.EOF):
			p.Printf("Put back %s. To retry: %v\n", output.Count(n, "dead letter"), d.Line.For("redrive"))
			return nil
		case err != nil:
			err = fmt.Errorf("not a line that --save wrote: %w", err)
		default:
			err = send(ctx, client, d.Queues[l.Queue], l)
		}
		if err != nil {
			return &command.StoppedError{
				Err:  fmt.Errorf("put back line %d of %s: %w", n+1, path, err),
				Done: output.Count(n, "dead letter") + " put back; putting one back again does no harm", Resume: line,
			}
		}
	}
}

func send(ctx context.Context, client *sqs.Client, url string, l savedLetter) error {
	if url == "" {
		return fmt.Errorf("the stack has no dead-letter queue %q", l.Queue)
	}
	_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(url), MessageBody: l.Message.Body, MessageAttributes: l.Message.MessageAttributes})
	return err
}
