package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/prepare"
	localstack "sdtasktracker/infra/local/stack"
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

// changing is what differs from one run to the next.
var changing = regexp.MustCompile(`127\.0\.0\.1:[0-9]+|sdtasks-doctor-[A-Z0-9]+`)

// TestDoctor looks at a healthy stack, sends a task through it, and then breaks
// one thing after another.
func TestDoctor(t *testing.T) {
	s := localStack(t)
	run := func(args string) outcome {
		return tasks(t, s.Environment(), append([]string{"doctor"}, strings.Fields(args)...)...)
	}
	for name, args := range map[string]string{"healthy.txt": "", "healthy.json": "--output json",
		"healthy.csv": "--output csv"} {
		got := run(args)
		if got.code != 0 || got.progress != "" {
			t.Errorf("%s: exit code %d: %s", name, got.code, got.progress)
		}
		golden(t, "doctor-"+name, changing.ReplaceAllString(got.out, "…"))
	}
	if got := run("--smoke"); got.code != 0 || !strings.HasSuffix(got.out, "was announced, recorded and delivered\n") {
		t.Errorf("exit code %d:\n%s%s", got.code, got.out, got.progress)
	}
	wantNothingLeft(t, s)

	topic := aws.String(s.Outputs[deployment.TopicARN])
	list, err := s.SNS().ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: topic})
	if err != nil {
		t.Fatal(err)
	}
	for _, subscription := range list.Subscriptions {
		input := &sns.UnsubscribeInput{SubscriptionArn: subscription.SubscriptionArn}
		if _, err := s.SNS().Unsubscribe(t.Context(), input); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.SQS().SendMessage(t.Context(), &sqs.SendMessageInput{
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
	if got.code != 1 {
		t.Errorf("broken: exit code %d", got.code)
	}
	golden(t, "doctor-broken.txt", changing.ReplaceAllString(strings.ReplaceAll(got.out, *input.QueueUrl, "URL"), "…"))
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
	if got := tasks(t, s.Environment(), "list", "--output", "csv"); strings.Count(got.out, "\n") != 1 {
		t.Errorf("the table has %s", got.out)
	}
}

// TestDoctorWithoutServers: what does not answer is not wrong, and nothing hangs.
func TestDoctorWithoutServers(t *testing.T) {
	s := localStack(t)
	environment := append(s.Environment(), "AWS_MAX_ATTEMPTS=1")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got := tasks(t, environment, "doctor", "--output", "csv")
	if got.code != 0 || strings.Contains(got.out, wrong) || !strings.Contains(got.out, "connection refused") {
		t.Errorf("exit code %d:\n%s%s", got.code, got.out, got.progress)
	}
	got = tasks(t, environment, "doctor", "--smoke")
	if got.code != 1 || !strings.Contains(got.out, "✗ a task of its own: upload") ||
		!strings.Contains(got.out, "→ remove it yourself") {
		t.Errorf("exit code %d:\n%s%s", got.code, got.out, got.progress)
	}
}

// TestDoctorBeforeDeploying looks at what the guidance has, and at nothing else.
func TestDoctorBeforeDeploying(t *testing.T) {
	s := localStack(t)
	for args, want := range map[string]string{
		"--topic-arn TOPIC --output-bucket BUCKET": "✓ topic: sd-notification-output exists",
		"--topic-arn TOPIC.fifo":                   "is a FIFO topic",
		"--topic-arn TOPIC-2":                      "does not exist",
		"--topic-arn arn:aws:sns:eu-west-1:1:a":    "it is in eu-west-1, and this is us-east-1",
		"--topic-arn topic":                        "is not the ARN of an SNS topic",
		"--output-bucket none":                     "✗ output bucket: none does not exist",
	} {
		args = strings.NewReplacer("TOPIC", s.Outputs[deployment.TopicARN], "BUCKET", s.Outputs[deployment.OutputBucket]).
			Replace(args)
		got := tasks(t, s.Environment(), append([]string{"doctor"}, strings.Fields(args)...)...)
		if !strings.Contains(got.out, want) || strings.Contains(got.out, "table") {
			t.Errorf("%s:\n%s%s", args, got.out, got.progress)
		}
	}
	if got := tasks(t, s.Environment(), "doctor", "--smoke", "--topic-arn", "a"); got.code != 2 {
		t.Errorf("exit code %d: %s", got.code, got.progress)
	}
}
