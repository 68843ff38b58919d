package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/shared/tasktable"
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

// TestCrossAccountDelivery compares the policy to paste with the role's.
func TestCrossAccountDelivery(t *testing.T) {
	tpl := synthOnce(t, "existing-bucket")
	variables := tpl.only(t, "AWS::Lambda::Function", "DeliverFunction")["Environment"]
	expect(t, at(variables, "Variables", "DELIVERY_REGION"), `"eu-west-1"`)
	var policy strings.Builder
	for _, piece := range tpl.Outputs["DeliveryBucketPolicy"].Value.(map[string]any)["Fn::Join"].([]any)[1].([]any) {
		if text, ok := piece.(string); ok {
			policy.WriteString(text)
		} else {
			policy.WriteString(strings.ReplaceAll(at(piece), `"`, ""))
		}
	}
	const toRole = `"Effect":"Allow","Principal":{"AWS":"{Fn::GetAtt:[DeliverRole3FAAD250,Arn]}"},`
	expect(t, policy.String(), `{"Statement":[{"Action":["s3:AbortMultipartUpload","s3:GetObject","s3:PutObject",`+
		`"s3:PutObjectTagging"],`+toRole+`"Resource":"arn:aws:s3:::my-images/sd/*"},`+
		`{"Action":"s3:ListBucket","Effect":"Allow","Principal":{"AWS":["{Fn::GetAtt:[DeliverRole3FAAD250,Arn]}",`+
		`"{Fn::GetAtt:[ReconcileRole90F75AB5,Arn]}"]},"Resource":"arn:aws:s3:::my-images"}],"Version":"2012-10-17"}`)
	role := at(tpl.only(t, "AWS::IAM::Role", "DeliverRole"), "Policies")
	if !strings.Contains(role, `{"Action":["s3:AbortMultipartUpload","s3:GetObject","s3:PutObject",`+
		`"s3:PutObjectTagging"],"Effect":"Allow","Resource":"arn:aws:s3:::my-images/sd/*"}`) {
		t.Errorf("the role allows something else than the policy to paste: %s", role)
	}
}

func TestExistingTable(t *testing.T) {
	tpl := synthOnce(t, "everything")
	actions := map[string]string{
		"Record": `"dynamodb:UpdateItem"`, "Deliver": `["dynamodb:GetItem","dynamodb:UpdateItem"]`,
	}
	for _, name := range functionNames {
		allowed := `{"Action":` + actions[name] + `,"Effect":"Allow",` +
			`"Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/old-tasks"}`
		variables := tpl.only(t, "AWS::Lambda::Function", name+"Function")["Environment"]
		expect(t, at(variables, "Variables", "TASK_TABLE"), `"old-tasks"`)
		if role := at(tpl.only(t, "AWS::IAM::Role", name+"Role"), "Policies"); !strings.Contains(role, allowed) {
			t.Errorf("%s may not write the table: %s", name, role)
		}
	}
	expect(t, at(tpl.Outputs["TaskTable"].Value), `"old-tasks"`)
	t.Run("OKDocumentationSaysWhichTablesFit", func(t *testing.T) {
		document, err := os.ReadFile(filepath.Join(prepare.Root(), "infra/README.md"))
		if err != nil {
			t.Fatal(err)
		}
		fitting := strings.Join([]string{"```", tasktable.PartitionKey, tasktable.StatusIndex,
			tasktable.StatusIndexPartitionKey + " " + tasktable.StatusIndexSortKey,
			strings.Join(slices.Sorted(slices.Values(tasktable.IndexedAttributes)), " "), "```"}, "\n")
		if !strings.Contains(string(document), fitting) {
			t.Errorf("infra/README.md does not have\n%s", fitting)
		}
	})
}

// TestSettingsOutput deploys again with the settings that a stack outputs.
func TestSettingsOutput(t *testing.T) {
	tpl := synthOnce(t, "everything")
	var again map[string]any
	if err := json.Unmarshal([]byte(tpl.Outputs["Settings"].Value.(string)), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(tpl.text), string(synth(t, again).text)); diff != "" {
		t.Errorf("the template differs: %s", diff)
	}
}

func TestOutputsKeysAndPrefix(t *testing.T) {
	const outputKey = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
	const deliveryKey = "arn:aws:kms:us-east-1:000000000000:key/mrk-0123456789abcdef0123456789abcdef"
	tpl := synth(t, with(map[string]any{"deliverOutput": "true",
		"outputKeyArn": outputKey, "deliveryKeyArn": deliveryKey, "deliveryPrefix": "sd/{runtime}/{task_id}/"}))
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
	reports := `{"Action":"s3:GetObject","Effect":"Allow","Resource":"arn:aws:s3:::sd-output-bucket/*.out"},` +
		`{"Action":"kms:Decrypt","Effect":"Allow","Resource":"` + outputKey + `"}`
	if !strings.Contains(record, reports) || strings.Count(record, `"s3:`) != 1 || strings.Count(record, `"kms:`) != 1 {
		t.Errorf("record may do other than read error reports: %s", record)
	}
}

// TestTaskErrorsOff: without errors, record can't read the output bucket.
func TestTaskErrorsOff(t *testing.T) {
	tpl := synth(t, with(map[string]any{"taskErrors": "false"}))
	expect(t, fmt.Sprint(tpl.actions(t, "Record")), "[dynamodb:UpdateItem logs:CreateLogStream logs:PutLogEvents "+
		"sqs:SendMessage xray:PutTelemetryRecords xray:PutTraceSegments]")
	variables := at(tpl.only(t, "AWS::Lambda::Function", "RecordFunction"), "Environment", "Variables")
	if strings.Contains(variables, "OUTPUT_BUCKET") {
		t.Errorf("the environment is %s", variables)
	}
}

// TestTracingOff: without traces, no function has rights to send any.
func TestTracingOff(t *testing.T) {
	tpl := synth(t, with(map[string]any{"tracing": false}))
	for id, r := range tpl.Resources {
		if mode := at(r.Properties, "TracingConfig"); mode != "null" {
			t.Errorf("%s has the tracing %s", id, mode)
		}
	}
	if bytes.Contains(tpl.text, []byte("xray:")) {
		t.Error("a role has rights for X-Ray")
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
