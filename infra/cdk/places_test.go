package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// What CloudFormation would refuse, minutes into a deployment.
func TestOtherPlacesRefused(t *testing.T) {
	const table = "arn:aws:dynamodb:us-east-1:000000000000:table/"
	for name, test := range map[string]struct {
		settings map[string]any
		want     string
	}{
		"alarms among requests": {map[string]any{"alarmTopicArn": testTopic + "2", "inputTopicArn": testTopic + "2"},
			"alarmTopicArn is the guidance's topic"},
		"an alarm topic in another Region": {map[string]any{"alarmTopicArn": "arn:aws:sns:eu-west-1:000000000000:a"},
			"alarmTopicArn is in Region eu-west-1 of partition aws, but must be in us-east-1 of aws"},
		"an alarm topic in another partition": {
			map[string]any{"alarmTopicArn": "arn:aws-cn:sns:us-east-1:000000000000:a"},
			"alarmTopicArn is in Region us-east-1 of partition aws-cn"},
		"an output key in another Region": {map[string]any{"outputKeyArn": keyIn("aws:kms:eu-west-1:000000000000")},
			"outputKeyArn is in Region eu-west-1"},
		"a delivery key in another Region": {map[string]any{"deliveryKeyArn": keyIn("aws:kms:eu-west-1:000000000000")},
			"deliveryKeyArn is in Region eu-west-1"},
		"a delivery key outside deliveryRegion": {map[string]any{"deliveryBucket": "images", "deliveryRegion": "eu-west-1",
			"deliveryKeyArn": keyIn("aws:kms:us-east-1:000000000000")}, "but must be in eu-west-1 of aws"},
		"deliveryRegion of a bucket to create": {map[string]any{"deliveryRegion": "eu-west-1"}, "name it as deliveryBucket"},
		"deliveryRegion that is a place": {map[string]any{"deliveryBucket": "images", "deliveryRegion": "Ireland"},
			`deliveryRegion "Ireland" is not a Region's name`},
		"deliveryRegion of another partition": {
			map[string]any{"deliveryBucket": "images", "deliveryRegion": "cn-north-1"},
			"deliveryRegion cn-north-1 is in another partition than us-east-1"},
		"a table of another account": {map[string]any{"taskTable": "arn:aws:dynamodb:us-east-1:111111111111:table/t"},
			"not a DynamoDB table in the stack's account and Region"},
		"a table's index": {
			map[string]any{"taskTable": table + "tasks/index/i"}, "neither the name of a DynamoDB table"},
		"a topic as the table": {map[string]any{"taskTable": testTopic}, "not a DynamoDB table"},
		"a table's odd name":   {map[string]any{"taskTable": "my table"}, `taskTable "my table"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSettings(with(test.settings), "", "")
			wantError(t, err, test.want)
		})
	}
}

func TestUnknownSettingsRefused(t *testing.T) {
	for key, want := range map[string]string{
		"topicARN":        "there is no setting topicARN, which stands in -c: did you mean topicArn?",
		"delivery_bucket": "did you mean deliveryBucket?",
		"delivery-prefix": "did you mean deliveryPrefix?",
		"retentionDay":    "did you mean retentionDays?",
		"alarmMail":       "did you mean alarmEmail?",
		"tag":             "did you mean tags?",
	} {
		t.Run(key, func(t *testing.T) {
			_, err := NewSettings(with(map[string]any{key: "x"}), "", "")
			wantError(t, err, want)
		})
	}
}

// TestBucketNames compares with CDK, which panics about a name it refuses.
func TestBucketNames(t *testing.T) {
	for name, valid := range map[string]bool{
		"abc": true, "my.bucket-1": true, "1.2.3": true, "sdoneksstack-outputs3bucket9fe85b9f": true,
		"images-111111111111-us-east-1-an": true, "a--b": true,
		"ab": false, "a..b": false, "a.-b": false, "a-.b": false, "-ab": false, "abc-": false, "Abc": false,
		"a_b": false, "192.168.5.4": false, "xn--abc": false, "sthree-abc": false, "amzn-s3-demo-x": false,
		"abc-s3alias": false, "abc--ol-s3": false, "abc.mrap": false, "abc--x-s3": false, "abc--table-s3": false,
		strings.Repeat("a", 63): true, strings.Repeat("a", 64): false,
	} {
		t.Run(name, func(t *testing.T) {
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
