package main

import (
	"maps"
	"regexp"
	"slices"
	"testing"
)

// contexts are what the golden files are synthesized from.
var contexts = map[string]map[string]any{
	"template": defaultContext(),
	// Same account and stack name as the default one.
	"another-region": {"topicArn": "arn:aws:sns:eu-west-1:000000000000:topic", "outputBucket": "images-eu"},
	"existing-bucket": with(map[string]any{"deliveryBucket": "my-images", "deliveryRegion": "eu-west-1",
		"deliveryPrefix": "sd/"}),
	"kms": with(map[string]any{"outputKeyArn": keyIn("aws:kms:us-east-1:000000000000"),
		"deliveryKeyArn": keyIn("aws:kms:us-east-1:111111111111")}),
	"everything": everySetting(),
	"events": with(map[string]any{"taskEvents": "true", "deliveryBucketEvents": "true", "callerContext": "tenant.id",
		"taskRequests": "true", "taskErrors": "false"}),
	"requests": with(map[string]any{"inputTopicArn": testInputTopic}),
	"schedule": with(map[string]any{"reconcileEvery": "1d"}),
	"aws-cn":   {"topicArn": "arn:aws-cn:sns:cn-north-1:000000000000:topic", "outputBucket": testBucket},
}

// everySetting gives every setting.
func everySetting() map[string]any {
	return map[string]any{
		"topicArn": testTopic, "outputBucket": testBucket, "stackName": "Images",
		"taskTable":      "arn:aws:dynamodb:us-east-1:000000000000:table/old-tasks",
		"deliveryBucket": "my-images", "deliveryRegion": "eu-west-1", "deliveryPrefix": "sd/{runtime}/{task_id}/",
		"deliverOutput": "true", "fixExtensions": "true", "dashboard": true, "taskErrors": "true", "tracing": "false",
		"inputTopicArn": testInputTopic, "deliveryBucketEvents": "false", "taskEvents": "true", "callerContext": "user",
		"taskRequests": "true", "alarmFailedPercent": 10.0, "alarmFailedTasks": "50",
		"reconcileEvery": "12h", "tags": "team=images, cost center=7",
		"retentionDays": 30.0, "runtimes": "sdxl,flux.1",
		"outputKeyArn":   keyIn("aws:kms:us-east-1:000000000000"),
		"deliveryKeyArn": keyIn("aws:kms:eu-west-1:111111111111"),
		"alarmTopicArn":  "arn:aws:sns:us-east-1:111111111111:alarms", "alarmEmail": "ops@example.com",
	}
}

var synthesized = map[string]template{}

// synthOnce synthesizes a golden file's context once for all tests.
func synthOnce(t *testing.T, name string) template {
	t.Helper()
	if _, ok := synthesized[name]; !ok {
		synthesized[name] = synth(t, contexts[name])
	}
	return synthesized[name]
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// TestTemplate pins whole templates.
func TestTemplate(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		t.Run(name, func(t *testing.T) {
			checkGolden(t, name+".golden.json", assetHash.ReplaceAll(synthOnce(t, name).text, []byte("HASH")))
		})
	}
	t.Run("OKEverythingGivesEverySetting", func(t *testing.T) {
		r := contextReader{context: everySetting()}
		r.settings()
		for _, name := range r.names {
			if r.value(name) == nil {
				t.Errorf("it lacks %s", name)
			}
		}
	})
}
