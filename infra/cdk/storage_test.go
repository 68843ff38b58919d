package main

import (
	"strings"
	"testing"
)

func TestTaskTable(t *testing.T) {
	tpl := defaultTemplate(t)
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
}

func TestDeliveryBucketIsPrivate(t *testing.T) {
	tpl := defaultTemplate(t)
	bucket := tpl.only(t, "AWS::S3::Bucket", "DeliveryBucket")
	expect(t, at(bucket, "PublicAccessBlockConfiguration"),
		`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`)
	expect(t, at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault"),
		`{"SSEAlgorithm":"AES256"}`)
	expect(t, at(bucket, "VersioningConfiguration"), `null`)
	policy := tpl.only(t, "AWS::S3::BucketPolicy", "DeliveryBucket")
	expect(t, at(policy, "PolicyDocument", "Statement", 0, "Effect"), `"Deny"`)
	expect(t, at(policy, "PolicyDocument", "Statement", 0, "Condition"), `{"Bool":{"aws:SecureTransport":"false"}}`)
}

// S3's events are billed, whether or not a rule matches them.
func TestDeliveryBucketEvents(t *testing.T) {
	const kind = "AWS::S3::Bucket"
	expect(t, at(defaultTemplate(t).only(t, kind, "DeliveryBucket"), "NotificationConfiguration"), `null`)
	on := synth(t, with(map[string]any{"deliveryBucketEvents": "true"})).only(t, kind, "DeliveryBucket")
	expect(t, at(on, "NotificationConfiguration"), `{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}`)
}
