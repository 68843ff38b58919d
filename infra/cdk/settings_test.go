package main

import (
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/readme"
)

func TestSettingsAccepted(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"nothing optional":       nil,
		"a bucket's ARN":         {"outputBucket": "arn:aws-cn:s3:::images"},
		"a caller":               {"callerContext": "tenant.user-id"},
		"raw outputs":            {"deliverOutput": true, "deliveryPrefix": "a/{task_id}/{runtime}/{date}{context.a.b}/"},
		"right extensions":       {"fixExtensions": true},
		"alarm targets":          {"alarmTopicArn": testTopic + "2", "alarmEmail": "ops@example.com", "dashboard": false},
		"an input topic":         {"inputTopicArn": testInputTopic},
		"retention as text":      {"retentionDays": "30"},
		"retention as a number":  {"retentionDays": 30.0},
		"a million as a number":  {"alarmFailedTasks": 1_000_000.0},
		"runtimes":               {"runtimes": "sdxl,flux.1"},
		"a prefix in one bucket": {"deliveryBucket": testBucket, "deliveryPrefix": "delivered/"},
		"a table's name":         {"taskTable": "Old-Tasks.1_x"},
		"a table's ARN":          {"taskTable": "arn:aws:dynamodb:us-east-1:000000000000:table/tasks"},
		"another Region's bucket": {"deliveryBucket": "b-12-eu-west-1-an", "deliveryRegion": "eu-west-1",
			"deliveryKeyArn": keyIn("aws:kms:eu-west-1:111111111111")},
		"another account's topic": {"alarmTopicArn": "arn:aws:sns:us-east-1:111111111111:alarms"},
		"CDK's own context": {"@aws-cdk/core:x": true, "aws:cdk:bundling-stacks": []any{"**"}, "cli-telemetry": false,
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

func TestSettingsRefused(t *testing.T) {
	const alias = "arn:aws:kms:us-east-1:000000000000:alias/a"
	for name, test := range map[string]struct {
		settings map[string]any
		want     []string // pieces of the error
	}{
		"events of a bucket that isn't created": {map[string]any{"deliveryBucket": "images", "deliveryBucketEvents": "true"},
			[]string{"deliveryBucketEvents is for a bucket that the stack creates"}},
		"a topic that is no ARN":      {map[string]any{"topicArn": "my-topic"}, []string{`topicArn "my-topic"`}},
		"a FIFO topic":                {map[string]any{"topicArn": testTopic + ".fifo"}, []string{"standard SNS topic"}},
		"a bucket's URL":              {map[string]any{"outputBucket": "s3://a/"}, []string{`outputBucket "s3://a/"`}},
		"delivery to the source":      {map[string]any{"deliveryBucket": testBucket}, []string{"output bucket itself"}},
		"a stack name with a space":   {map[string]any{"stackName": "1 stack"}, []string{`stackName "1 stack"`}},
		"a prefix that is a number":   {map[string]any{"deliveryPrefix": 7.0}, []string{"deliveryPrefix must be a string"}},
		"a flag that is neither":      {map[string]any{"deliverOutput": "perhaps"}, []string{"deliverOutput must be true"}},
		"extensions fixed halfway":    {map[string]any{"fixExtensions": "some"}, []string{"fixExtensions must be true"}},
		"a caller's path in JSONPath": {map[string]any{"callerContext": "$.user"}, []string{`callerContext "$.user"`}},
		"a caller's path cut off":     {map[string]any{"callerContext": "user."}, []string{`callerContext "user."`}},
		"an unknown placeholder":      {map[string]any{"deliveryPrefix": "{user}/"}, []string{"deliveryPrefix has {user}"}},
		"an unclosed placeholder":     {map[string]any{"deliveryPrefix": "{context.a"}, []string{"has {context.a:"}},
		"a context without a path":    {map[string]any{"deliveryPrefix": "{context.}"}, []string{"has {context.}:"}},
		"a wildcard in the prefix":    {map[string]any{"deliveryPrefix": "a*/"}, []string{"must not contain *"}},
		"a prefix too long":           {map[string]any{"deliveryPrefix": strings.Repeat("x", 513)}, []string{"513 bytes"}},
		"a prefix beyond ASCII":       {map[string]any{"deliveryPrefix": "für/"}, []string{`deliveryPrefix has "ü"`}},
		"a prefix with a tab":         {map[string]any{"deliveryPrefix": "a\tb"}, []string{`deliveryPrefix has "\t"`}},
		"a key's alias":               {map[string]any{"deliveryKeyArn": alias}, []string{"deliveryKeyArn", "alias"}},
		"an alarm topic's name":       {map[string]any{"alarmTopicArn": "alarms"}, []string{`alarmTopicArn "alarms"`}},
		"alarms among announcements": {map[string]any{"alarmTopicArn": testTopic},
			[]string{"alarmTopicArn is the guidance's topic"}},
		"an incomplete address": {map[string]any{"alarmEmail": "ops"}, []string{`alarmEmail "ops"`}},
		"retention that is no number": {map[string]any{"retentionDays": "soon"},
			[]string{"retentionDays must be a whole number"}},
		"an interval in minutes":  {map[string]any{"reconcileEvery": "90m"}, []string{"reconcileEvery must be whole hours"}},
		"an interval too long":    {map[string]any{"reconcileEvery": "32d"}, []string{`but is "32d"`}},
		"an interval of nothing":  {map[string]any{"reconcileEvery": "0h"}, []string{`but is "0h"`}},
		"an interval huge":        {map[string]any{"reconcileEvery": "99999999999999999999d"}, []string{"reconcileEvery"}},
		"an interval without end": {map[string]any{"reconcileEvery": "d"}, []string{`but is "d"`}},
		"retention of no days":    {map[string]any{"retentionDays": "0"}, []string{"retentionDays must be a whole number"}},
		"a share over 100%":       {map[string]any{"alarmFailedPercent": "101"}, []string{"alarmFailedPercent must be"}},
		"a runtime with a space":  {map[string]any{"runtimes": "a b"}, []string{`runtimes has "a b"`}},
		"too many runtimes":       {map[string]any{"runtimes": strings.Repeat("a,", 20) + "a"}, []string{"21 names"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSettings(with(test.settings), "", "")
			wantError(t, err, test.want...)
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

func TestInputTopicRefused(t *testing.T) {
	for topic, want := range map[string]string{
		"input":   "sdNotificationLambda",
		testTopic: "inputTopicArn is the topic that announces tasks",
		"arn:aws:sns:eu-west-1:000000000000:input": "must be in the account and Region of topicArn",
	} {
		_, err := NewSettings(with(map[string]any{"inputTopicArn": topic}), "", "")
		wantError(t, err, want)
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
	r := contextReader{}
	r.settings()
	slices.Sort(r.names)
	if documented := readme.Names(t, "infra/README.md", "Settings"); !slices.Equal(documented, r.names) {
		t.Errorf("documented are %q, read are %q", documented, r.names)
	}
}
