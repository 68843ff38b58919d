package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestExistingBucket(t *testing.T) {
	tpl := synth(t, map[string]any{"topicArn": testTopic, "outputBucket": "arn:aws:s3:::" + testBucket,
		"deliveryBucket": "my-images", "deliveryPrefix": "sd/", "stackName": "Other"})
	for id, r := range tpl.Resources {
		if r.Type == "AWS::S3::Bucket" {
			t.Errorf("%s is created", id)
		}
	}
	variables := at(tpl.only(t, "AWS::Lambda::Function", "DeliverFunction"), "Environment", "Variables")
	for _, want := range []string{
		`"DELIVERY_BUCKET":"my-images"`, `"DELIVERY_PREFIX":"sd/"`, `"OUTPUT_BUCKET":"` + testBucket + `"`,
	} {
		if !strings.Contains(variables, want) {
			t.Errorf("the environment has no %s: %s", want, variables)
		}
	}
	policies := at(tpl.only(t, "AWS::IAM::Role", "DeliverRole"), "Policies")
	if !strings.Contains(policies, "my-images/sd/*") {
		t.Errorf("deliver may write outside its prefix: %s", policies)
	}
}

func TestOutputsKeysAndPrefix(t *testing.T) {
	const outputKey = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
	const deliveryKey = "arn:aws:kms:us-east-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef"
	tpl := synth(t, with(map[string]any{"deliverOutput": "true",
		"outputKeyArn": outputKey, "deliveryKeyArn": deliveryKey, "deliveryPrefix": "sd/{runtime}/{task_id}/"}))
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
	bucket := tpl.only(t, "AWS::S3::Bucket", "DeliveryBucket")
	expect(t, at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0), `{"BucketKeyEnabled":true,`+
		`"ServerSideEncryptionByDefault":{"KMSMasterKeyID":"`+deliveryKey+`","SSEAlgorithm":"aws:kms"}}`)
	record := at(tpl.only(t, "AWS::IAM::Role", "RecordRole"), "Policies")
	if strings.Contains(record, "kms:") || strings.Contains(record, "s3:") {
		t.Errorf("record has rights that are deliver's: %s", record)
	}
}

func TestAlarmTargetsWithoutDashboard(t *testing.T) {
	const topic = "arn:aws:sns:us-east-1:000000000000:alarms"
	tpl := synth(t, with(map[string]any{"alarmTopicArn": topic, "alarmEmail": "ops@example.com", "dashboard": "false"}))
	for id, r := range tpl.Resources {
		switch r.Type {
		case "AWS::CloudWatch::Dashboard":
			t.Error("there is a dashboard")
		case "AWS::CloudWatch::Alarm":
			for _, list := range []string{"AlarmActions", "OKActions"} {
				actions := at(r.Properties, list)
				if !strings.Contains(actions, topic) || !strings.Contains(actions, "AlarmEmailTopic") {
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
}

func TestRetentionAndRuntimes(t *testing.T) {
	tpl := synth(t, with(map[string]any{"retentionDays": "30", "runtimes": "sdxl"}))
	for _, name := range functionNames {
		variables := tpl.only(t, "AWS::Lambda::Function", name+"Function")["Environment"]
		expect(t, at(variables, "Variables", "RETENTION_DAYS"), `"30"`)
	}
	record := tpl.only(t, "AWS::Lambda::Function", "RecordFunction")
	expect(t, at(record, "Environment", "Variables", "METRIC_RUNTIMES"), `"sdxl"`)
}

func TestPartitions(t *testing.T) {
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
