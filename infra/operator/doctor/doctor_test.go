package doctor

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/prepare"
	localstack "sdtasktracker/infra/local/stack"
	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deployment"
)

// localStack deploys the template on this machine, as make local does.
func localStack(t *testing.T) *localstack.Stack {
	t.Helper()
	prepare.Stack(t)
	s, err := localstack.Start(t.Context(), localstack.Options{
		Root: prepare.Root(), StateDir: filepath.Join(prepare.TestDiskDir(t), "stack"), RetryDelay: time.Millisecond,
		AccessKey: "local", SecretKey: "local-secret", Denied: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

type subcommands struct {
	Doctor Command `cmd:""`
}

// doctor runs the subcommand with these variables only.
func doctor(t *testing.T, variables []string, args ...string) operatortest.Outcome {
	t.Helper()
	return operatortest.RunWith[subcommands](t, variables, append([]string{"doctor"}, args...)...)
}

// changing is what differs from one run to the next.
var changing = regexp.MustCompile(`127\.0\.0\.1:[0-9]+|sdtasks-doctor-[A-Z0-9]+`)

// TestDoctor looks at a healthy stack, sends a task through it, and then breaks
// one thing after another.
func TestDoctor(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it deploys the local stack")
	}
	s := localStack(t)
	run := func(args string) operatortest.Outcome { return doctor(t, s.Environment(), strings.Fields(args)...) }
	for name, args := range map[string]string{"healthy.txt": "", "healthy.json": "--output json",
		"healthy.csv": "--output csv"} {
		got := run(args)
		if got.Code != 0 || got.Progress != "" {
			t.Errorf("%s: exit code %d: %s", name, got.Code, got.Progress)
		}
		operatortest.Golden(t, name, changing.ReplaceAllString(got.Out, "…"))
	}
	if got := run("--smoke"); got.Code != 0 || !strings.HasSuffix(got.Out, "was announced, recorded and delivered\n") {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
	}
	wantNothingLeft(t, s)
	wantFullDisk(t, s)

	for _, topic := range []string{deployment.TopicARN, deployment.InputTopicARN} {
		list, err := s.SNS().ListSubscriptionsByTopic(t.Context(),
			&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(s.Outputs[topic])})
		if err != nil {
			t.Fatal(err)
		}
		for _, subscription := range list.Subscriptions {
			input := &sns.UnsubscribeInput{SubscriptionArn: subscription.SubscriptionArn}
			if _, err := s.SNS().Unsubscribe(t.Context(), input); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := s.SQS().SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(s.Outputs["DeliverDlqUrl"]), MessageBody: aws.String("a dead letter")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.S3().
		DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String(s.Outputs[deployment.DeliveryBucket])})
	if err != nil {
		t.Fatal(err)
	}
	input, err := s.SQS().CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("SdOnEKS-InputQueue1")})
	if err != nil {
		t.Fatal(err)
	}
	got := run("")
	if got.Code != 3 {
		t.Errorf("broken: exit code %d", got.Code)
	}
	stable := changing.ReplaceAllString(strings.ReplaceAll(got.Out, *input.QueueUrl, "URL"), "…")
	operatortest.Golden(t, "broken.txt", stable)
}

// wantFullDisk checks that results that can't be written are an error.
func wantFullDisk(t *testing.T, s *localstack.Stack) {
	t.Helper()
	operatortest.AddEnvironment(t, s.Environment()...)
	surroundings := cli.Surroundings{Variables: s.Environment(), Clock: command.SystemClock}
	operatortest.WantFullDisk[subcommands](t, surroundings, output.Formats, "doctor")
}

// wantNothingLeft checks that the smoke test has removed what it made.
func wantNothingLeft(t *testing.T, s *localstack.Stack) {
	t.Helper()
	for _, output := range []string{deployment.OutputBucket, deployment.DeliveryBucket} {
		list, err := s.S3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(s.Outputs[output])})
		if err != nil || len(list.Contents) > 0 {
			t.Errorf("%s has %d objects, %v", output, len(list.Contents), err)
		}
	}
	table := aws.String(s.Outputs[deployment.TaskTable])
	scan, err := s.DynamoDB().Scan(t.Context(), &dynamodb.ScanInput{TableName: table})
	if err != nil || scan.Count > 0 {
		t.Errorf("the table has %d items, %v", scan.Count, err)
	}
}

// TestDoctorWithoutServers: what does not answer is not wrong, and nothing hangs.
func TestDoctorWithoutServers(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it deploys the local stack")
	}
	s := localStack(t)
	environment := append(s.Environment(), "AWS_MAX_ATTEMPTS=1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got := doctor(t, environment, "--output", "csv")
	if got.Code != 0 || strings.Contains(got.Out, check.MarkWrong) || !strings.Contains(got.Out, "connection refused") {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
	}
	got = doctor(t, environment, "--smoke")
	if got.Code != 3 || !strings.Contains(got.Out, "✗ smoke test: upload") ||
		!strings.Contains(got.Out, "→ remove them yourself") {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
	}
}

// TestDoctorBeforeDeploying looks at what the guidance has, and at nothing else.
func TestDoctorBeforeDeploying(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it deploys the local stack")
	}
	s := localStack(t)
	for args, want := range map[string]string{
		"--topic-arn TOPIC --output-bucket BUCKET": "✓ topic: sd-notification-output is a standard topic",
		"--topic-arn TOPIC.fifo":                   "is a FIFO topic",
		"--topic-arn TOPIC-2":                      "does not exist",
		"--topic-arn arn:aws:sns:eu-west-1:1:a":    "the topic is in eu-west-1, but the Region here is us-east-1",
		"--topic-arn topic":                        "is not the ARN of an SNS topic",
		"--output-bucket none":                     "✗ output bucket: none does not exist",
	} {
		args = strings.NewReplacer("TOPIC", s.Outputs[deployment.TopicARN], "BUCKET", s.Outputs[deployment.OutputBucket]).
			Replace(args)
		got := doctor(t, s.Environment(), strings.Fields(args)...)
		if !strings.Contains(got.Out, want) || strings.Contains(got.Out, "table") {
			t.Errorf("%s:\n%s%s", args, got.Out, got.Progress)
		}
	}
	if got := doctor(t, s.Environment(), "--smoke", "--topic-arn", "a"); got.Code != 2 {
		t.Errorf("exit code %d: %s", got.Code, got.Progress)
	}
}
