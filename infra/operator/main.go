// Command redrive asks a deployed stack's redrive function to put dead letters
// back, again and again until it is through, and tells how it goes.
//
// The function is REDRIVE_FUNCTION if that is set, as a local stack's .local/env
// does; otherwise the stack's output of that name.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/jedib0t/go-pretty/v6/table"
	prettytext "github.com/jedib0t/go-pretty/v6/text"

	"sdtasktracker/shared/deadletter"
)

// batch is how many dead letters one call redrives, so that there is progress
// to show.
const batch = 100

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "redrive:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	var request deadletter.Request
	flags := flag.NewFlagSet("redrive", flag.ContinueOnError)
	queue := flags.String("queue", "", "only this queue: record, deliver, record-subscription or deliver-subscription")
	flags.BoolVar(&request.DryRun, "dry-run", false, "list the dead letters, with the reason, and leave them")
	flags.IntVar(&request.Max, "max", 0, "at most so many dead letters (default all)")
	flags.StringVar(&request.TaskID, "task-id", "", "only those of this task")
	flags.StringVar(&request.ErrorContains, "error-contains", "", "only those that failed with an error that contains this")
	olderThan := flags.Duration("older-than", 0, "only those in the queue for longer, such as 10m")
	flags.Float64Var(&request.RatePerSecond, "rate", 0, "at most so many a second (default as fast as they go)")
	stack := flags.String("stack-name", "SdTaskTracker", "the CloudFormation stack")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not an option: see --help", flags.Arg(0))
	}
	request.Queue, request.OlderThan = deadletter.Queue(*queue), deadletter.Duration(*olderThan)

	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	name, err := functionName(ctx, cfg, *stack)
	if err != nil {
		return err
	}
	total, err := drive(ctx, newInvoker(cfg, name), request, progress)
	if len(total.Queues) > 0 {
		show(out, request, total)
	}
	if err != nil {
		return err
	}
	for _, counts := range total.Queues {
		if counts.Failed > 0 {
			return errors.New("some dead letters failed again: they are still in their queues")
		}
	}
	return nil
}

// functionName finds the redrive function.
func functionName(ctx context.Context, cfg aws.Config, stack string) (string, error) {
	if name := os.Getenv("REDRIVE_FUNCTION"); name != "" {
		return name, nil
	}
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(stack)})
	if err != nil {
		return "", fmt.Errorf("find the redrive function among the outputs of stack %s: %w (for a local stack: . .local/env)", stack, err)
	}
	for _, output := range out.Stacks[0].Outputs {
		if aws.ToString(output.OutputKey) == "RedriveFunction" {
			return aws.ToString(output.OutputValue), nil
		}
	}
	return "", fmt.Errorf("stack %s has no output RedriveFunction: deploy this version first", stack)
}

// invoker calls the redrive function once.
type invoker func(context.Context, deadletter.Request) (deadletter.Answer, error)

func newInvoker(cfg aws.Config, function string) invoker {
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		// It may take its whole 15 minutes, and must not be called twice for that.
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(16 * time.Minute)
		o.RetryMaxAttempts = 1
	})
	return func(ctx context.Context, request deadletter.Request) (deadletter.Answer, error) {
		payload, err := json.Marshal(request)
		if err != nil {
			return deadletter.Answer{}, err
		}
		out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(function), Payload: payload})
		if err != nil {
			return deadletter.Answer{}, fmt.Errorf("invoke %s: %w", function, err)
		}
		if out.FunctionError != nil {
			var failed struct{ ErrorMessage string }
			if json.Unmarshal(out.Payload, &failed) != nil || failed.ErrorMessage == "" {
				failed.ErrorMessage = string(out.Payload)
			}
			return deadletter.Answer{}, fmt.Errorf("%s failed: %s", function, failed.ErrorMessage)
		}
		var answer deadletter.Answer
		return answer, json.Unmarshal(out.Payload, &answer)
	}
}

// drive calls the function until nothing is left that it has not tried, and
// adds up the answers.
func drive(ctx context.Context, invoke invoker, request deadletter.Request, progress io.Writer) (deadletter.Answer, error) {
	total := deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}}
	queues := deadletter.Queues
	if request.Queue != "" {
		queues = []deadletter.Queue{request.Queue}
	}
	for _, queue := range queues {
		if err := driveQueue(ctx, invoke, request, queue, &total, progress); err != nil {
			return total, err
		}
	}
	return total, nil
}

// driveQueue takes a queue's dead letters in batches, to show progress. A batch
// in which all fail again may hide others that would not: then one call without
// a maximum goes through the whole queue.
func driveQueue(ctx context.Context, invoke invoker, request deadletter.Request, queue deadletter.Queue, total *deadletter.Answer, progress io.Writer) error {
	call := request
	call.Queue = queue
	for done, size := 0, batch; ; {
		call.Max = size
		if request.DryRun {
			call.Max = 0
		}
		if request.Max > 0 {
			call.Max = min(batch, request.Max-done)
		}
		answer, err := invoke(ctx, call)
		if err != nil {
			return err
		}
		counts := answer.Queues[queue]
		add(total, queue, counts, answer.Letters)
		done += counts.Redriven + counts.Failed + counts.Listed
		fmt.Fprintf(progress, "%s: %d redriven, %d failed again, %d left\n", queue, total.Queues[queue].Redriven, counts.Failed, counts.Left)
		switch {
		case !answer.More || request.DryRun || request.Max > 0 && done >= request.Max:
			return nil
		case counts.Redriven > 0:
		case size == 0 || request.Max > 0:
			return nil
		default:
			size = 0
		}
	}
}

func add(total *deadletter.Answer, queue deadletter.Queue, counts *deadletter.Counts, letters []deadletter.Letter) {
	sum := total.Queues[queue]
	if sum == nil {
		sum = &deadletter.Counts{}
		total.Queues[queue] = sum
	}
	sum.Redriven += counts.Redriven
	sum.Listed += counts.Listed
	// The same dead letters may fail, or be skipped, in call after call: the
	// last tells what there is.
	sum.Failed, sum.Skipped, sum.Left = counts.Failed, counts.Skipped, counts.Left
	for _, l := range letters {
		if !slices.ContainsFunc(total.Letters, func(known deadletter.Letter) bool { return known.MessageID == l.MessageID }) {
			total.Letters = append(total.Letters, l)
		}
	}
}

// show prints the sums, and the dead letters that are listed.
func show(out io.Writer, request deadletter.Request, total deadletter.Answer) {
	summary := newTable(out)
	summary.AppendHeader(table.Row{"queue", "redriven", "failed again", "skipped", "left"})
	for _, queue := range deadletter.Queues {
		if c := total.Queues[queue]; c != nil {
			summary.AppendRow(table.Row{queue, c.Redriven, c.Failed, c.Skipped, c.Left})
		}
	}
	summary.Render()
	if len(total.Letters) == 0 {
		return
	}
	title := "Failed again:"
	if request.DryRun {
		title = "Dead letters:"
	}
	fmt.Fprintln(out, "\n"+title)
	letters := newTable(out)
	letters.SetColumnConfigs([]table.ColumnConfig{{Number: 4, WidthMax: 80, WidthMaxEnforcer: prettytext.WrapSoft}})
	letters.AppendHeader(table.Row{"queue", "task", "age", "error"})
	slices.SortFunc(total.Letters, func(x, y deadletter.Letter) int { return cmp.Compare(y.Age, x.Age) })
	for _, l := range total.Letters {
		letters.AppendRow(table.Row{l.Queue, cmp.Or(l.TaskID, "message "+l.MessageID), time.Duration(l.Age), l.Error})
	}
	letters.Render()
}

func newTable(out io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)
	t.SetStyle(table.StyleRounded)
	t.Style().Format.Header = prettytext.FormatDefault
	return t
}
