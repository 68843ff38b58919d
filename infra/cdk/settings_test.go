package main

import (
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/readme"
)

// get reads a context as the CDK app reads its own.
func get(context map[string]any) func(string) any {
	return func(key string) any { return context[key] }
}

func TestSettingsAccepted(t *testing.T) {
	for name, settings := range map[string]map[string]any{
		"nothing optional":       nil,
		"a bucket's ARN":         {"outputBucket": "arn:aws-cn:s3:::images"},
		"raw outputs":            {"deliverOutput": true, "deliveryPrefix": "a/{task_id}/{runtime}/"},
		"alarm targets":          {"alarmTopicArn": testTopic, "alarmEmail": "ops@example.com", "dashboard": false},
		"retention as text":      {"retentionDays": "30"},
		"retention as a number":  {"retentionDays": 30.0},
		"runtimes":               {"runtimes": "sdxl,flux.1"},
		"a prefix in one bucket": {"deliveryBucket": testBucket, "deliveryPrefix": "delivered/"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := NewSettings(get(with(settings)), "000000000000", "us-east-1")
			if err != nil {
				t.Fatal(err)
			}
			if got.Account != "000000000000" || got.Region != "us-east-1" || strings.Contains(got.OutputBucket, ":") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSettingsRefused(t *testing.T) {
	const alias = "arn:aws:kms:us-east-1:000000000000:alias/a"
	for name, test := range map[string]struct {
		settings map[string]any
		want     []string // pieces of the error
	}{
		"a topic that is no ARN":    {map[string]any{"topicArn": "my-topic"}, []string{`topicArn "my-topic"`}},
		"a FIFO topic":              {map[string]any{"topicArn": testTopic + ".fifo"}, []string{"standard SNS topic"}},
		"a bucket's URL":            {map[string]any{"outputBucket": "s3://a/"}, []string{`outputBucket "s3://a/"`}},
		"delivery to the source":    {map[string]any{"deliveryBucket": testBucket}, []string{"output bucket itself"}},
		"a stack name with a space": {map[string]any{"stackName": "1 stack"}, []string{`stackName "1 stack"`}},
		"a prefix that is a number": {map[string]any{"deliveryPrefix": 7.0}, []string{"deliveryPrefix must be a string"}},
		"a flag that is neither":    {map[string]any{"deliverOutput": "perhaps"}, []string{"deliverOutput must be true"}},
		"another flag":              {map[string]any{"dashboard": "no"}, []string{"dashboard must be true or false"}},
		"an unknown placeholder":    {map[string]any{"deliveryPrefix": "{user}/"}, []string{"deliveryPrefix has {user}"}},
		"a wildcard in the prefix":  {map[string]any{"deliveryPrefix": "a*/"}, []string{"must not contain *"}},
		"a prefix too long":         {map[string]any{"deliveryPrefix": strings.Repeat("x", 513)}, []string{"513 bytes"}},
		"a key's alias":             {map[string]any{"deliveryKeyArn": alias}, []string{"deliveryKeyArn", "alias"}},
		"an alarm topic's name":     {map[string]any{"alarmTopicArn": "alarms"}, []string{`alarmTopicArn "alarms"`}},
		"an incomplete address":     {map[string]any{"alarmEmail": "ops"}, []string{`alarmEmail "ops"`}},
		"retention that is no number": {map[string]any{"retentionDays": "soon"},
			[]string{"retentionDays must be a whole number"}},
		"retention of no days":   {map[string]any{"retentionDays": "0"}, []string{"retentionDays must be a whole number"}},
		"a runtime with a space": {map[string]any{"runtimes": "a b"}, []string{`runtimes has "a b"`}},
		"too many runtimes":      {map[string]any{"runtimes": strings.Repeat("a,", 20) + "a"}, []string{"21 names"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSettings(get(with(test.settings)), "", "")
			wantError(t, err, test.want...)
		})
	}
	t.Run("everything missing, all at once", func(t *testing.T) {
		_, err := NewSettings(get(nil), "", "")
		wantError(t, err, "topicArn is missing", "outputBucket is missing", "describe-stacks")
	})
	t.Run("a topic in another Region", func(t *testing.T) {
		_, err := NewSettings(get(defaultContext()), "", "eu-west-1")
		wantError(t, err, "Region us-east-1", "AWS_REGION=us-east-1")
	})
	t.Run("a topic in another account", func(t *testing.T) {
		_, err := NewSettings(get(defaultContext()), "111111111111", "")
		wantError(t, err, "account 000000000000")
	})
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
	var read []string
	_, _ = NewSettings(func(key string) any { // incomplete on purpose: it reads them all
		read = append(read, key)
		return nil
	}, "", "")
	slices.Sort(read)
	if documented := readme.Names(t, "infra/README.md", "Settings"); !slices.Equal(documented, slices.Compact(read)) {
		t.Errorf("documented are %q, read are %q", documented, read)
	}
}
