package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

const (
	testTopic  = "arn:aws:sns:us-east-1:000000000000:sd-notification-output"
	testBucket = "sd-output-bucket"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil { // assets' paths are relative to the project
		panic(err)
	}
	// No jsii.Close: it has a data race. Its process ends with this one, and
	// make test removes the temporary files of both.
	os.Exit(m.Run())
}

// template is a synthesized template as plain JSON.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	text      []byte
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

// synth synthesizes the stack with the context of cdk.json and the given one.
func synth(t *testing.T, context map[string]any) template {
	t.Helper()
	var project struct{ Context map[string]any }
	data, err := os.ReadFile("cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &project); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("build/functions/record/bootstrap"); err != nil {
		t.Fatal("the functions are not built: run make test, which builds them")
	}
	maps.Copy(project.Context, context)
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Context: &project.Context, Outdir: jsii.String(out)})
	settings, err := NewSettings(func(key string) any { return project.Context[key] }, "", "")
	if err != nil {
		t.Fatal(err)
	}
	NewStack(app, settings)
	app.Synth(nil)
	var result template
	result.text, err = os.ReadFile(filepath.Join(out, settings.StackName+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(result.text, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// only is the one resource of a type whose logical ID begins with a prefix.
func (tpl template) only(t *testing.T, kind, prefix string) map[string]any {
	t.Helper()
	var found []string
	for id, r := range tpl.Resources {
		if r.Type == kind && strings.HasPrefix(id, prefix) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s begin with %q, want 1: %v", len(found), kind, prefix, found)
	}
	return tpl.Resources[found[0]].Properties
}

// at follows a path of keys and indexes, and gives the JSON that is there.
func at(value any, path ...any) string {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[step]
		case int:
			l, _ := value.([]any)
			if step >= len(l) {
				return "nothing"
			}
			value = l[step]
		}
	}
	text, _ := json.Marshal(value)
	return string(text)
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// TestTemplate pins the deployment's contract.
func TestTemplate(t *testing.T) {
	tpl := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": testBucket})

	t.Run("is the golden file's", func(t *testing.T) {
		const golden = "infra/cdk/testdata/template.golden.json"
		got := assetHash.ReplaceAll(tpl.text, []byte("HASH"))
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the template is not %s: look at the difference after UPDATE_GOLDEN=1 make test, and commit it if it is meant", golden)
		}
	})

	t.Run("is the same when synthesized again", func(t *testing.T) {
		again := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": testBucket})
		if !bytes.Equal(tpl.text, again.text) {
			t.Error("two runs differ")
		}
	})

	t.Run("keeps the task table", func(t *testing.T) {
		table := tpl.only(t, "AWS::DynamoDB::Table", "TaskTable")
		expect(t, at(table, "KeySchema"), `[{"AttributeName":"task_id","KeyType":"HASH"}]`)
		expect(t, at(table, "BillingMode"), `"PAY_PER_REQUEST"`)
		expect(t, at(table, "DeletionProtectionEnabled"), `true`)
		expect(t, at(table, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), `true`)
		expect(t, at(table, "SSESpecification", "SSEEnabled"), `true`)
		expect(t, at(table, "TimeToLiveSpecification"), `{"AttributeName":"expires_at","Enabled":true}`)
		expect(t, at(table, "GlobalSecondaryIndexes", 0, "IndexName"), `"status-index"`)
		expect(t, at(table, "GlobalSecondaryIndexes", 0, "KeySchema"),
			`[{"AttributeName":"status","KeyType":"HASH"},{"AttributeName":"updated_at","KeyType":"RANGE"}]`)
		projected := at(table, "GlobalSecondaryIndexes", 0, "Projection")
		for _, heavy := range []string{"context", "image_url", `"delivered"`} {
			if strings.Contains(projected, heavy) {
				t.Errorf("the index projects %s: %s", heavy, projected)
			}
		}
		for id, r := range tpl.Resources {
			if (r.Type == "AWS::DynamoDB::Table" || r.Type == "AWS::S3::Bucket") && r.DeletionPolicy != "Retain" {
				t.Errorf("%s is deleted with the stack", id)
			}
		}
	})

	t.Run("keeps the delivery bucket private", func(t *testing.T) {
		bucket := tpl.only(t, "AWS::S3::Bucket", "DeliveryBucket")
		expect(t, at(bucket, "PublicAccessBlockConfiguration"),
			`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`)
		expect(t, at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault"), `{"SSEAlgorithm":"AES256"}`)
		expect(t, at(bucket, "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled"), `true`)
		expect(t, at(bucket, "VersioningConfiguration"), `null`)
		policy := tpl.only(t, "AWS::S3::BucketPolicy", "DeliveryBucket")
		expect(t, at(policy, "PolicyDocument", "Statement", 0, "Effect"), `"Deny"`)
		expect(t, at(policy, "PolicyDocument", "Statement", 0, "Condition"), `{"Bool":{"aws:SecureTransport":"false"}}`)
	})

	for _, name := range functionNames {
		t.Run("runs "+name+" with retries and a dead-letter queue", func(t *testing.T) {
			f := tpl.only(t, "AWS::Lambda::Function", name+"Function")
			expect(t, at(f, "Runtime"), `"provided.al2023"`)
			expect(t, at(f, "Architectures"), `["arm64"]`)
			expect(t, at(f, "LoggingConfig", "LogFormat"), `"JSON"`)
			expect(t, at(f, "TracingConfig", "Mode"), `"Active"`)
			for _, explicit := range []string{"Timeout", "MemorySize"} {
				if at(f, explicit) == "null" {
					t.Errorf("%s is not set", explicit)
				}
			}
			if !strings.Contains(at(f, "DeadLetterConfig"), `["`+name+`Dlq`) {
				t.Errorf("DeadLetterConfig is %s", at(f, "DeadLetterConfig"))
			}
			events := tpl.only(t, "AWS::Lambda::EventInvokeConfig", name+"Function")
			expect(t, at(events, "MaximumRetryAttempts"), `2`)
			expect(t, at(events, "MaximumEventAgeInSeconds"), `21600`)
			logs := tpl.only(t, "AWS::Logs::LogGroup", name+"Logs")
			expect(t, at(logs, "RetentionInDays"), `90`)
		})
	}

	t.Run("subscribes both functions directly", func(t *testing.T) {
		record := tpl.only(t, "AWS::SNS::Subscription", "RecordFunction")
		deliver := tpl.only(t, "AWS::SNS::Subscription", "DeliverFunction")
		for _, subscription := range []map[string]any{record, deliver} {
			expect(t, at(subscription, "TopicArn"), `"`+testTopic+`"`)
			expect(t, at(subscription, "Protocol"), `"lambda"`)
		}
		expect(t, at(record, "FilterPolicy"), `null`)
		expect(t, at(deliver, "FilterPolicyScope"), `"MessageBody"`)
		expect(t, at(deliver, "FilterPolicy"), `{"result":[true]}`)
		first, second := at(record, "RedrivePolicy"), at(deliver, "RedrivePolicy")
		if !strings.Contains(first, "RecordSubscriptionDlq") || !strings.Contains(second, "DeliverSubscriptionDlq") {
			t.Errorf("redrive policies are %s and %s", first, second)
		}
	})

	t.Run("has four dead-letter queues", func(t *testing.T) {
		policies := 0
		for id, r := range tpl.Resources {
			switch r.Type {
			case "AWS::SQS::Queue":
				expect(t, at(r.Properties, "MessageRetentionPeriod"), `1209600`)
				expect(t, at(r.Properties, "SqsManagedSseEnabled"), `true`)
			case "AWS::SQS::QueuePolicy":
				policies++
				if !strings.Contains(at(r.Properties), `{"Bool":{"aws:SecureTransport":"false"}}`) {
					t.Errorf("%s does not require TLS", id)
				}
			}
		}
		if policies != 4 {
			t.Errorf("%d queues have a policy, want 4", policies)
		}
	})

	t.Run("allows each role what it needs", func(t *testing.T) {
		common := []string{"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
		expect(t, fmt.Sprint(tpl.actions(t, "Record")), fmt.Sprint(sorted(common, "dynamodb:UpdateItem")))
		expect(t, fmt.Sprint(tpl.actions(t, "Deliver")), fmt.Sprint(sorted(common, "dynamodb:UpdateItem",
			"s3:AbortMultipartUpload", "s3:GetObject", "s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket", "s3:PutObject", "s3:PutObjectTagging")))
		for id, r := range tpl.Resources {
			if r.Type == "AWS::IAM::Policy" || r.Type == "AWS::IAM::ManagedPolicy" || strings.Contains(at(r.Properties, "ManagedPolicyArns"), "arn") {
				t.Errorf("%s grants rights outside the roles' own policies", id)
			}
		}
	})

	t.Run("lets redrive work on the dead letters, and on nothing else", func(t *testing.T) {
		expect(t, fmt.Sprint(tpl.actions(t, "Redrive")), fmt.Sprint([]string{"lambda:InvokeFunction", "logs:CreateLogStream", "logs:PutLogEvents",
			"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}))
		f := tpl.only(t, "AWS::Lambda::Function", "RedriveFunction")
		expect(t, at(f, "DeadLetterConfig"), `null`)
		for _, variable := range []string{"RECORD_FUNCTION", "DELIVER_FUNCTION", "RECORD_DLQ_URL", "DELIVER_DLQ_URL", "RECORD_SUBSCRIPTION_DLQ_URL", "DELIVER_SUBSCRIPTION_DLQ_URL"} {
			if at(f, "Environment", "Variables", variable) == "null" {
				t.Errorf("redrive has no %s", variable)
			}
		}
		for id, r := range tpl.Resources {
			if r.Type == "AWS::SNS::Subscription" && strings.HasPrefix(id, "Redrive") {
				t.Error("redrive is subscribed")
			}
		}
	})

	t.Run("raises alarms that say what to do", func(t *testing.T) {
		metrics := map[string]int{}
		for id, r := range tpl.Resources {
			if r.Type != "AWS::CloudWatch::Alarm" {
				continue
			}
			metrics[strings.Trim(at(r.Properties, "MetricName"), `"`)]++
			expect(t, at(r.Properties, "TreatMissingData"), `"notBreaching"`)
			expect(t, at(r.Properties, "ComparisonOperator"), `"GreaterThanThreshold"`)
			description := at(r.Properties, "AlarmDescription")
			if !strings.Contains(description, "make ") && !strings.Contains(description, "aws ") && !strings.Contains(description, "cdk ") && !strings.Contains(description, "dashboard") {
				t.Errorf("%s does not say what to do: %s", id, description)
			}
			if len(description) > 1024 {
				t.Errorf("the description of %s has %d characters: CloudWatch takes 1,024", id, len(description))
			}
			expect(t, at(r.Properties, "AlarmActions"), `null`)
		}
		want := map[string]int{"ApproximateNumberOfMessagesVisible": 4, "ApproximateAgeOfOldestMessage": 4, "Errors": 2, "Throttles": 2,
			"AsyncEventAge": 2, "AsyncEventsDropped": 2, "DeadLetterErrors": 2, "NumberOfNotificationsFailed": 1,
			"NumberOfNotificationsFailedToRedriveToDlq": 1, "NotDelivered_denied": 1, "PublishedToRecorded": 1}
		if !maps.Equal(metrics, want) {
			t.Errorf("alarms are on %v, want %v", metrics, want)
		}
	})

	t.Run("has a dashboard", func(t *testing.T) {
		body := at(tpl.only(t, "AWS::CloudWatch::Dashboard", "Dashboard"), "DashboardBody")
		for _, want := range []string{"Tasks by status", "Images", "Dead letters", "PublishedToRecorded", "PublishedToDelivered", "p99", "Throttles", "WriteThrottleEvents", "ConcurrentExecutions", "Last failures"} {
			if !strings.Contains(body, want) {
				t.Errorf("the dashboard has no %s", want)
			}
		}
		expect(t, at(tpl.Outputs["DashboardUrl"].Value), `"https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/SdTaskTracker"`)
	})

	t.Run("outputs what a user needs next", func(t *testing.T) {
		want := []string{"DashboardUrl", "DeliverDlqUrl", "DeliverFunction", "DeliverSubscriptionDlqUrl", "DeliveryBucket", "OutputBucket",
			"RecordDlqUrl", "RecordFunction", "RecordSubscriptionDlqUrl", "RedriveFunction", "TaskTable", "TopicArn"}
		expect(t, fmt.Sprint(slices.Sorted(maps.Keys(tpl.Outputs))), fmt.Sprint(want))
	})
}

// functionNames are the functions that are subscribed to the topic.
var functionNames = []string{"Record", "Deliver"}

// actions are everything a function's role allows; wildcards are refused.
func (tpl template) actions(t *testing.T, name string) []string {
	t.Helper()
	var all []string
	for _, policy := range tpl.only(t, "AWS::IAM::Role", name+"Role")["Policies"].([]any) {
		for _, s := range policy.(map[string]any)["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			statement := s.(map[string]any)
			actions, ok := statement["Action"].([]any)
			if !ok {
				actions = []any{statement["Action"]}
			}
			for _, action := range actions {
				if strings.Contains(action.(string), "*") {
					t.Errorf("%s may do %s", name, action)
				}
				if statement["Resource"] == "*" && !strings.HasPrefix(action.(string), "xray:") {
					t.Errorf("%s may do %s on anything", name, action)
				}
				all = append(all, action.(string))
			}
		}
	}
	slices.Sort(all)
	return all
}

func sorted(some []string, more ...string) []string {
	all := append(slices.Clone(some), more...)
	slices.Sort(all)
	return all
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTemplateWithOtherSettings(t *testing.T) {
	t.Run("delivers to an existing bucket below a prefix", func(t *testing.T) {
		tpl := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": "arn:aws:s3:::" + testBucket,
			"deliveryBucket": "my-images", "deliveryPrefix": "sd/", "stackName": "Other"})
		for id, r := range tpl.Resources {
			if r.Type == "AWS::S3::Bucket" {
				t.Errorf("%s is created", id)
			}
		}
		variables := at(tpl.only(t, "AWS::Lambda::Function", "DeliverFunction"), "Environment", "Variables")
		for _, want := range []string{`"DELIVERY_BUCKET":"my-images"`, `"DELIVERY_PREFIX":"sd/"`, `"OUTPUT_BUCKET":"` + testBucket + `"`} {
			if !strings.Contains(variables, want) {
				t.Errorf("the environment has no %s: %s", want, variables)
			}
		}
		if policies := at(tpl.only(t, "AWS::IAM::Role", "DeliverRole"), "Policies"); !strings.Contains(policies, "my-images/sd/*") {
			t.Errorf("deliver may write outside its prefix: %s", policies)
		}
	})
	t.Run("delivers raw outputs, with KMS keys, below a prefix to fill in", func(t *testing.T) {
		const outputKey, deliveryKey = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555", "arn:aws:kms:us-east-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef"
		tpl := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": testBucket, "deliverOutput": "true",
			"outputKeyArn": outputKey, "deliveryKeyArn": deliveryKey, "deliveryPrefix": "sd/{runtime}/{task_id}/"})
		expect(t, at(tpl.only(t, "AWS::SNS::Subscription", "DeliverFunction"), "FilterPolicy"), `{"result":[true,false]}`)
		variables := at(tpl.only(t, "AWS::Lambda::Function", "DeliverFunction"), "Environment", "Variables")
		for _, want := range []string{`"DELIVER_OUTPUT":"true"`, `"DELIVERY_PREFIX":"sd/{runtime}/{task_id}/"`} {
			if !strings.Contains(variables, want) {
				t.Errorf("the environment has no %s: %s", want, variables)
			}
		}
		policies := at(tpl.only(t, "AWS::IAM::Role", "DeliverRole"), "Policies")
		for _, want := range []string{`{"Action":"kms:Decrypt","Effect":"Allow","Resource":"` + outputKey + `"}`,
			`{"Action":["kms:Decrypt","kms:GenerateDataKey"],"Effect":"Allow","Resource":"` + deliveryKey + `"}`, `"/sd/*"`} {
			if !strings.Contains(policies, want) {
				t.Errorf("deliver's role has no %s: %s", want, policies)
			}
		}
		expect(t, at(tpl.only(t, "AWS::S3::Bucket", "DeliveryBucket"), "BucketEncryption", "ServerSideEncryptionConfiguration", 0),
			`{"BucketKeyEnabled":true,"ServerSideEncryptionByDefault":{"KMSMasterKeyID":"`+deliveryKey+`","SSEAlgorithm":"aws:kms"}}`)
		if record := at(tpl.only(t, "AWS::IAM::Role", "RecordRole"), "Policies"); strings.Contains(record, "kms:") || strings.Contains(record, "s3:") {
			t.Errorf("record has rights that are deliver's: %s", record)
		}
	})
	t.Run("tells of alarms, and has no dashboard", func(t *testing.T) {
		const topic = "arn:aws:sns:us-east-1:000000000000:alarms"
		tpl := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": testBucket, "alarmTopicArn": topic, "alarmEmail": "ops@example.com", "dashboard": "false"})
		for id, r := range tpl.Resources {
			switch r.Type {
			case "AWS::CloudWatch::Dashboard":
				t.Error("there is a dashboard")
			case "AWS::CloudWatch::Alarm":
				for _, list := range []string{"AlarmActions", "OKActions"} {
					if actions := at(r.Properties, list); !strings.Contains(actions, topic) || !strings.Contains(actions, "AlarmEmailTopic") {
						t.Errorf("%s of %s are %s", list, id, actions)
					}
				}
			}
		}
		email := tpl.only(t, "AWS::SNS::Subscription", "AlarmEmailTopic")
		expect(t, at(email, "Endpoint"), `"ops@example.com"`)
		if _, ok := tpl.Outputs["DashboardUrl"]; ok {
			t.Error("there is a dashboard's URL")
		}
	})
	t.Run("lets items expire", func(t *testing.T) {
		tpl := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": testBucket, "retentionDays": "30", "runtimes": "sdxl"})
		for _, name := range functionNames {
			variables := tpl.only(t, "AWS::Lambda::Function", name+"Function")["Environment"]
			expect(t, at(variables, "Variables", "RETENTION_DAYS"), `"30"`)
		}
		expect(t, at(tpl.only(t, "AWS::Lambda::Function", "RecordFunction"), "Environment", "Variables", "METRIC_RUNTIMES"), `"sdxl"`)
	})
	for _, place := range []struct{ partition, region string }{{"aws-cn", "cn-north-1"}, {"aws-us-gov", "us-gov-west-1"}} {
		t.Run("works in partition "+place.partition, func(t *testing.T) {
			tpl := synth(t, map[string]any{"outputBucket": testBucket,
				"topicArn": "arn:" + place.partition + ":sns:" + place.region + ":000000000000:topic"})
			if bytes.Contains(tpl.text, []byte("arn:aws:")) {
				t.Error("an ARN of partition aws is hard-coded")
			}
		})
	}
}
