package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/infra/readme"
)

func TestSettingsAccepted(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"OKNothingOptional":   nil,
		"OKBucketARN":         {"outputBucket": "arn:aws-cn:s3:::images"},
		"OKLongestPrefix":     {"deliveryPrefix": strings.Repeat("x", maxPrefixBytes)},
		"OKMostRuntimes":      {"runtimes": strings.Repeat("a,", maxRuntimes-1) + "a"},
		"OKLongestInterval":   {"reconcileEvery": "744h"},
		"OKBracesInPrefix":    {"deliveryPrefix": "a}b!#%&'()+,-./:;<=>@[]^_`|~ c"},
		"OKCaller":            {"callerContext": "tenant.user-id"},
		"OKRawOutputs":        {"deliverOutput": true, "deliveryPrefix": "a/{task_id}/{runtime}/{date}{context.a.b}/"},
		"OKExtensions":        {"fixExtensions": true},
		"OKAlarmTargets":      {"alarmTopicArn": testTopic + "2", "alarmEmail": "ops@example.com", "dashboard": false},
		"OKInputTopic":        {"inputTopicArn": testInputTopic},
		"OKRetentionText":     {"retentionDays": "30"},
		"OKRetentionNumber":   {"retentionDays": 30.0},
		"OKMillionNumber":     {"alarmFailedTasks": 1_000_000.0},
		"OKRuntimes":          {"runtimes": "sdxl,flux.1"},
		"OKPrefixInOneBucket": {"deliveryBucket": testBucket, "deliveryPrefix": "delivered/"},
		"OKTableName":         {"taskTable": "Old-Tasks.1_x"},
		"OKTableARN":          {"taskTable": "arn:aws:dynamodb:us-east-1:000000000000:table/tasks"},
		"OKBucketElsewhere": {"deliveryBucket": "b-12-eu-west-1-an", "deliveryRegion": "eu-west-1",
			"deliveryKeyArn": keyIn("aws:kms:eu-west-1:111111111111")},
		"OKTopicOfAccount": {"alarmTopicArn": "arn:aws:sns:us-east-1:111111111111:alarms"},
		"OKContextOfCDK": {"@aws-cdk/core:x": true, "aws:cdk:bundling-stacks": []any{"**"}, "cli-telemetry": false,
			"acknowledged-issue-numbers": []any{1.0}, "availability-zones:account=1:region=us-east-1": []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := NewSettings(with(settings), "000000000000", "us-east-1")
			if err != nil {
				t.Fatal(err)
			}
			if got.Account != "000000000000" || got.Region != "us-east-1" || strings.Contains(got.OutputBucket, ":") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// keyIn is the ARN of a KMS key in a place, such as aws:kms:us-east-1:000000000000.
func keyIn(place string) string {
	return "arn:" + place + ":key/11111111-2222-3333-4444-555555555555"
}

const unfit = " must be " // what else the error says is the form's name, and the value

// wrongSettings are wrong values of one setting, and what the error says.
var wrongSettings = map[string]struct {
	setting string
	value   any
	want    string
}{
	"ErrTopicName":            {"topicArn", "my-topic", `standard SNS topic, but is "my-topic"`},
	"ErrTopicFIFO":            {"topicArn", testTopic + ".fifo", unfit},
	"ErrTopicNull":            {"topicArn", nil, "topicArn is missing: it must be the ARN"},
	"ErrInputTopicName":       {"inputTopicArn", "input", "sdNotificationLambdaARN"},
	"ErrInputTopicIsOutput":   {"inputTopicArn", testTopic, "inputTopicArn is the topic that announces tasks"},
	"ErrInputTopicElsewhere":  {"inputTopicArn", "arn:aws:sns:eu-west-1:000000000000:t", "must be in Region us-east-1"},
	"ErrInputTopicOfAccount":  {"inputTopicArn", "arn:aws:sns:us-east-1:111111111111:t", "in account 111111111111"},
	"ErrBucketURL":            {"outputBucket", "s3://a/", unfit},
	"ErrBucketToItself":       {"deliveryBucket", testBucket, "output bucket itself"},
	"ErrStackName":            {"stackName", "1 stack", unfit},
	"ErrPrefixNumber":         {"deliveryPrefix", 7.0, unfit},
	"ErrPrefixList":           {"deliveryPrefix", []any{"a/"}, `but is ["a/"]`},
	"ErrPrefixPlaceholder":    {"deliveryPrefix", "{user}/", unfit},
	"ErrPrefixUnclosed":       {"deliveryPrefix", "{context.a", unfit},
	"ErrPrefixNoPath":         {"deliveryPrefix", "{context.}", unfit},
	"ErrPrefixWildcard":       {"deliveryPrefix", "a*/", unfit},
	"ErrPrefixQuestionMark":   {"deliveryPrefix", "a?/", unfit},
	"ErrPrefixDollar":         {"deliveryPrefix", "a$/", unfit},
	"ErrPrefixLong":           {"deliveryPrefix", strings.Repeat("x", maxPrefixBytes+1), "has 513 bytes"},
	"ErrPrefixBeyondASCII":    {"deliveryPrefix", "für/", unfit},
	"ErrPrefixTab":            {"deliveryPrefix", "a\tb", `but is "a\tb"`},
	"ErrFlag":                 {"deliverOutput", "perhaps", "deliverOutput must be true or false"},
	"ErrFlagNumber":           {"dashboard", 0.0, "dashboard must be true or false"},
	"ErrCallerJSONPath":       {"callerContext", "$.user", unfit},
	"ErrCallerCutOff":         {"callerContext", "user.", unfit},
	"ErrKeyAlias":             {"deliveryKeyArn", "arn:aws:kms:us-east-1:000000000000:alias/a", "not of an alias"},
	"ErrOutputKeyElsewhere":   {"outputKeyArn", keyIn("aws:kms:eu-west-1:000000000000"), "must be in Region us-east-1"},
	"ErrDeliveryKeyElsewhere": {"deliveryKeyArn", keyIn("aws:kms:eu-west-1:000000000000"), "must be in Region us-east-1"},
	"ErrAlarmTopicName":       {"alarmTopicArn", "alarms", unfit},
	"ErrAlarmTopicIsOutput":   {"alarmTopicArn", testTopic, "alarmTopicArn is the guidance's topic"},
	"ErrAlarmTopicElsewhere": {"alarmTopicArn", "arn:aws:sns:eu-west-1:000000000000:a",
		"is in Region eu-west-1 of partition aws, but must be in Region us-east-1 of partition aws"},
	"ErrAlarmTopicPartition": {"alarmTopicArn", "arn:aws-cn:sns:us-east-1:000000000000:a", "of partition aws-cn, but"},
	"ErrEmail":               {"alarmEmail", "ops", unfit},
	"ErrEmailSpace":          {"alarmEmail", "o ps@example.com", unfit},
	"ErrRetention":           {"retentionDays", "soon", `a whole number from 1 to 36500, but is "soon"`},
	"ErrRetentionZero":       {"retentionDays", "0", unfit},
	"ErrRetentionLong":       {"retentionDays", 36_501.0, "but is 36501"},
	"ErrRetentionFraction":   {"retentionDays", 1.5, "but is 1.5"},
	"ErrIntervalMinutes":     {"reconcileEvery", "90m", "must be whole hours"},
	"ErrIntervalLong":        {"reconcileEvery", "32d", `but is "32d"`},
	"ErrIntervalLongHours":   {"reconcileEvery", "745h", `but is "745h"`},
	"ErrIntervalZero":        {"reconcileEvery", "0h", `but is "0h"`},
	"ErrIntervalHuge":        {"reconcileEvery", "99999999999999999999d", unfit},
	"ErrIntervalNoNumber":    {"reconcileEvery", "d", `but is "d"`},
	"ErrPercent":             {"alarmFailedPercent", "101", "from 1 to 100"},
	"ErrFailedTasks":         {"alarmFailedTasks", 1_000_001.0, "from 1 to 1000000, but is 1000001"},
	"ErrRuntimeSpace":        {"runtimes", "a b", unfit},
	"ErrRuntimeEmpty":        {"runtimes", "a,", unfit},
	"ErrRuntimesTooMany":     {"runtimes", strings.Repeat("a,", maxRuntimes) + "a", "21 names"},
	"ErrDeliveryRegionAlone": {"deliveryRegion", "eu-west-1", "name it as deliveryBucket"},
	"ErrDeliveryRegionPlace": {"deliveryRegion", "Ireland", "deliveryRegion must be a Region's name"},
	"ErrDeliveryRegionChina": {"deliveryRegion", "cn-north-1", "deliveryRegion cn-north-1 is in another partition"},
	"ErrTableOfAccount":      {"taskTable", "arn:aws:dynamodb:us-east-1:111111111111:table/t", "in account 111111111111"},
	"ErrTableIndex":          {"taskTable", "arn:aws:dynamodb:us-east-1:000000000000:table/tbl/index/i", unfit},
	"ErrTableIsTopic":        {"taskTable", testTopic, unfit},
	"ErrTableName":           {"taskTable", "my table", unfit},
	"ErrUnknown":             {"topicARN", "x", "did you mean topicArn?"},
}

func TestSettingRefused(t *testing.T) {
	for name, test := range wrongSettings {
		t.Run(name, func(t *testing.T) {
			_, err := NewSettings(with(map[string]any{test.setting: test.value}), "", "")
			wantError(t, err, test.setting, test.want)
		})
	}
}

// TestWrongTopic: nothing is compared with the Region of what is not a topic.
func TestWrongTopic(t *testing.T) {
	context := with(map[string]any{"topicArn": "arn:aws:s3:::topic", "inputTopicArn": testInputTopic})
	_, err := NewSettings(context, "", "us-east-1")
	wantError(t, err, "topicArn must be")
	if strings.Contains(err.Error(), "Region") {
		t.Error(err)
	}
}

// TestSettingsRefused gives settings that don't fit together.
func TestSettingsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"ErrEventsOfExistingBucket": {map[string]any{"deliveryBucket": "images", "deliveryBucketEvents": "true"},
			"deliveryBucketEvents is for a bucket that the stack creates"},
		"ErrAlarmTopicIsInput": {map[string]any{"alarmTopicArn": testTopic + "2", "inputTopicArn": testTopic + "2"},
			"alarmTopicArn is the guidance's topic"},
		"ErrDeliveryKeyOutsideDeliveryRegion": {map[string]any{"deliveryBucket": "images", "deliveryRegion": "eu-west-1",
			"deliveryKeyArn": keyIn("aws:kms:us-east-1:000000000000")}, "but must be in Region eu-west-1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSettings(with(test.settings), "", "")
			wantError(t, err, test.want)
		})
	}
	t.Run("ErrEverythingMissingAllAtOnce", func(t *testing.T) {
		_, err := NewSettings(nil, "", "")
		wantError(t, err, "topicArn is missing", "outputBucket is missing", "make init (./sdtasks init")
	})
	t.Run("ErrTopicInAnotherRegion", func(t *testing.T) {
		_, err := NewSettings(defaultContext(), "", "eu-west-1")
		wantError(t, err, "Region us-east-1", "AWS_REGION=us-east-1")
	})
	t.Run("ErrTopicInAnotherAccount", func(t *testing.T) {
		_, err := NewSettings(defaultContext(), "111111111111", "")
		wantError(t, err, "account 000000000000")
	})
}

// TestBucketNames: CDK, which panics about a name that it refuses, takes what is accepted.
func TestBucketNames(t *testing.T) {
	for name, valid := range map[string]bool{
		"abc": true, "my.bucket-1": true, "1.2.3": true, "sdoneksstack-outputs3bucket9fe85b9f": true,
		"images-111111111111-us-east-1-an": true, "a--b": true, strings.Repeat("a", 63): true,
		"a..b": false, "a.-b": false, "a-.b": false, "-ab": false, "abc-": false, "Abc": false, "a_b": false,
		"abc-s3alias": false, "abc--ol-s3": false, "abc.mrap": false, "abc--x-s3": false, "abc--table-s3": false,
		"ab": false, strings.Repeat("a", 64): false, "192.168.1.1": false, "xn--abc": false, "sthree-abc": false,
	} {
		t.Run(map[bool]string{true: "OK", false: "Err"}[valid]+name, func(t *testing.T) {
			_, err := NewSettings(with(map[string]any{"outputBucket": name}), "", "")
			if (err == nil) != valid {
				t.Errorf("valid is %v, error is %v", valid, err)
			}
			if err == nil {
				awss3.Bucket_ValidateBucketName(jsii.String(name), nil)
			}
		})
	}
}

func wantError(t *testing.T, err error, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if err == nil || !strings.Contains(err.Error(), piece) {
			t.Errorf("error is %v, want it to say %q", err, piece)
		}
	}
}

// TestSettingsAreDocumented compares what the app reads with infra/README.md.
func TestSettingsAreDocumented(t *testing.T) {
	r := contextReader{given: map[string]any{}}
	r.settings()
	slices.Sort(r.names)
	if documented := readme.Names(t, "infra/README.md", "Settings"); !slices.Equal(documented, r.names) {
		t.Errorf("documented are %q, read are %q", documented, r.names)
	}
}
