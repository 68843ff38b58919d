package main

import (
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
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

const (
	noARN   = "X-Ray's actions have no resources (Service Authorization Reference)"
	letters = "It is a dead-letter queue: SNS names it in the subscription, where the rule does not look"
	images  = "Images' keys are only known at run time; the bucket and the prefix are fixed"
)

// acknowledged are the findings of cdk-nag that are as they should be, and why.
var acknowledged = map[string]string{
	"Role: AwsSolutions-IAM5[Resource::*]":                                            noARN,
	"RecordRole: AwsSolutions-IAM5[Resource::arn:aws:s3:::sd-output-bucket/*.out]":    "error reports have any name",
	"ReconcileRole: AwsSolutions-IAM5[Resource::arn:aws:s3:::sd-output-bucket/*.out]": "raw outputs have any name",
	"RecordSubscriptionDlq: AwsSolutions-SQS3":                                        letters,
	"DeliverSubscriptionDlq: AwsSolutions-SQS3":                                       letters,
	"RecordInputSubscriptionDlq: AwsSolutions-SQS3":                                   letters,
	"DeliverRole: AwsSolutions-IAM5[Resource::arn:aws:s3:::sd-output-bucket/*]":       images,
	"DeliverRole: AwsSolutions-IAM5[Resource::arn:aws:s3:::my-images/sd/*]":           images,
	"DeliverRole: AwsSolutions-IAM5[Resource::<DeliveryBucketA9AE6474.Arn>/*]":        images,
	"DeliveryBucket: AwsSolutions-S1": "Whoever wants S3's access logs has a bucket for them; " +
		"deliveryBucket takes a bucket that is set up so",
}

// functionRole is the finding that each function's role has.
var functionRole = regexp.MustCompile(`^[A-Za-z]+Role: (AwsSolutions-IAM5\[Resource::\*\])$`)

// TestNag runs cdk-nag's AwsSolutions rules over the stack without any optional
// setting, and with every one.
func TestNag(t *testing.T) {
	found := map[string]bool{}
	for _, context := range []map[string]any{defaultContext(), everySetting()} {
		for _, finding := range nag(t, context) {
			found[functionRole.ReplaceAllString(finding, "Role: $1")] = true
		}
	}
	want := slices.Sorted(maps.Keys(acknowledged))
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, want) {
		t.Errorf("findings are\n%s\nwant only those that are acknowledged\n%s",
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// nag is what cdk-nag finds, as "RESOURCE: RULE[FINDING]".
func nag(t *testing.T, context map[string]any) (findings []string) {
	t.Helper()
	app, settings := newApp(t, context)
	// Otherwise Synth panics at the first finding.
	app.Node().SetContext(jsii.String("@aws-cdk/core:failSynthOnValidationErrors"), false)
	NewStack(app, settings)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Reports: jsii.Bool(false)}), nil)
	out := *app.Synth(nil).Directory()
	data, err := os.ReadFile(filepath.Join(out, settings.StackName+".metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	var metadata map[string][]struct {
		Type string
		Data any
	}
	if err := json.Unmarshal(data, &metadata); err != nil {
		t.Fatal(err)
	}
	for path, entries := range metadata {
		for _, entry := range entries {
			if entry.Type == "aws:cdk:error" || entry.Type == "aws:cdk:warning" {
				rule, _, _ := strings.Cut(fmt.Sprint(entry.Data), ": ")
				findings = append(findings, strings.Split(path, "/")[2]+": "+rule)
			}
		}
	}
	return findings
}
