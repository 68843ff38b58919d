package main

import (
	"strings"
	"testing"
)

func TestNewSettings(t *testing.T) {
	valid := map[string]any{"topicArn": testTopic, "outputBucket": testBucket}
	with := func(changes map[string]any) map[string]any {
		merged := map[string]any{}
		for _, m := range []map[string]any{valid, changes} {
			for key, value := range m {
				merged[key] = value
			}
		}
		return merged
	}
	for name, test := range map[string]struct {
		context         map[string]any
		account, region string
		want            []string // pieces of the error; none if it is valid
	}{
		"OK":                     {context: valid},
		"OKWhereItDeploys":       {context: valid, account: "000000000000", region: "us-east-1"},
		"OKBucketARN":            {context: with(map[string]any{"outputBucket": "arn:aws-cn:s3:::images"})},
		"ErrEverythingMissing":   {context: nil, want: []string{"topicArn is missing", "outputBucket is missing", "describe-stacks"}},
		"ErrTopicNotAnARN":       {context: with(map[string]any{"topicArn": "my-topic"}), want: []string{`topicArn "my-topic"`}},
		"ErrTopicIsFIFO":         {context: with(map[string]any{"topicArn": testTopic + ".fifo"}), want: []string{"standard SNS topic"}},
		"ErrOtherRegion":         {context: valid, region: "eu-west-1", want: []string{"Region us-east-1", "AWS_REGION=us-east-1"}},
		"ErrOtherAccount":        {context: valid, account: "111111111111", want: []string{"account 000000000000"}},
		"ErrBucketName":          {context: with(map[string]any{"outputBucket": "s3://images/"}), want: []string{`outputBucket "s3://images/"`}},
		"ErrDeliveryToItself":    {context: with(map[string]any{"deliveryBucket": testBucket}), want: []string{"output bucket itself"}},
		"ErrStackName":           {context: with(map[string]any{"stackName": "1 stack"}), want: []string{`stackName "1 stack"`}},
		"ErrNotAString":          {context: with(map[string]any{"deliveryPrefix": 7.0}), want: []string{"deliveryPrefix must be a string"}},
		"OKDeliverOutput":        {context: with(map[string]any{"deliverOutput": true, "deliveryPrefix": "a/{task_id}/{runtime}/"})},
		"ErrDeliverOutput":       {context: with(map[string]any{"deliverOutput": "perhaps"}), want: []string{"deliverOutput must be true or false"}},
		"ErrPrefixPlaceholder":   {context: with(map[string]any{"deliveryPrefix": "{user}/"}), want: []string{"deliveryPrefix has {user}"}},
		"ErrPrefixWildcard":      {context: with(map[string]any{"deliveryPrefix": "a*/"}), want: []string{"must not contain *"}},
		"ErrKeyAlias":            {context: with(map[string]any{"deliveryKeyArn": "arn:aws:kms:us-east-1:000000000000:alias/a"}), want: []string{"deliveryKeyArn", "alias does not do"}},
		"OKAlarms":               {context: with(map[string]any{"alarmTopicArn": testTopic, "alarmEmail": "ops@example.com", "dashboard": false})},
		"ErrAlarmTopic":          {context: with(map[string]any{"alarmTopicArn": "alarms"}), want: []string{`alarmTopicArn "alarms"`}},
		"ErrAlarmEmail":          {context: with(map[string]any{"alarmEmail": "ops"}), want: []string{`alarmEmail "ops"`}},
		"ErrDashboard":           {context: with(map[string]any{"dashboard": "no"}), want: []string{"dashboard must be true or false"}},
		"OKRetention":            {context: with(map[string]any{"retentionDays": "30"})},
		"OKRetentionNumber":      {context: with(map[string]any{"retentionDays": 30.0})},
		"ErrRetention":           {context: with(map[string]any{"retentionDays": "soon"}), want: []string{"retentionDays must be a whole number"}},
		"ErrRetentionZero":       {context: with(map[string]any{"retentionDays": "0"}), want: []string{"retentionDays must be a whole number"}},
		"OKRuntimes":             {context: with(map[string]any{"runtimes": "sdxl,flux.1"})},
		"ErrRuntimes":            {context: with(map[string]any{"runtimes": "a b"}), want: []string{`runtimes has "a b"`}},
		"ErrTooManyRuntimes":     {context: with(map[string]any{"runtimes": strings.Repeat("a,", 20) + "a"}), want: []string{"21 names"}},
		"ErrPrefixTooLong":       {context: with(map[string]any{"deliveryPrefix": strings.Repeat("x", 513)}), want: []string{"513 bytes"}},
		"OKPrefixIntoSameBucket": {context: with(map[string]any{"deliveryBucket": testBucket, "deliveryPrefix": "delivered/"})},
	} {
		t.Run(name, func(t *testing.T) {
			settings, err := NewSettings(func(key string) any { return test.context[key] }, test.account, test.region)
			if len(test.want) == 0 {
				if err != nil {
					t.Fatal(err)
				}
				if settings.Account != "000000000000" || settings.Region != "us-east-1" || strings.Contains(settings.OutputBucket, ":") {
					t.Errorf("got %+v", settings)
				}
				return
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want it to say %q", err, want)
				}
			}
		})
	}
}
