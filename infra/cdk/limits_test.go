package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/shared/deployment"
)

// "Understand CloudFormation quotas", AWS CloudFormation User Guide, and
// "PutMetricAlarm", Amazon CloudWatch API Reference.
const (
	maxResources         = 500
	maxOutputs           = 200
	maxOutputName        = 255
	maxDescription       = 1024
	maxTemplateBytes     = 1_000_000
	maxAlarmDescription  = 1024
	maxAlarmName         = 255
	maxInlinePolicies    = 10_240 // "IAM and AWS STS quotas": of a role, in characters without white space
	maxFunctionVariables = 4096   // "Lambda quotas", in bytes
)

func TestLimits(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(contexts())) {
		t.Run("OK"+deployment.Pascal(name), func(t *testing.T) {
			checkLimits(t, synthOnce(t, name))
		})
	}
	t.Run("OKLongestValues", func(t *testing.T) {
		context := everySetting()
		context["stackName"] = "S" + strings.Repeat("s", 127)
		context["deliveryPrefix"] = strings.Repeat("p", maxPrefixBytes)
		context["deliveryBucket"] = strings.Repeat("b", 63)
		context["runtimes"] = strings.TrimSuffix(strings.Repeat(strings.Repeat("r", 64)+",", maxRuntimes), ",")
		context["taskTable"] = strings.Repeat("t", 255)
		checkLimits(t, synth(t, context))
	})
}

func checkLimits(t *testing.T, tpl template) {
	t.Helper()
	limit := func(what string, size, most int) {
		if size > most {
			t.Errorf("%s: %d, at most %d", what, size, most)
		}
	}
	limit("resources", len(tpl.Resources), maxResources)
	limit("outputs", len(tpl.Outputs), maxOutputs)
	limit("the template's bytes", len(tpl.text), maxTemplateBytes)
	limit("the description", len(tpl.Description), maxDescription)
	for name, output := range tpl.Outputs {
		limit(name, len(name), maxOutputName)
		limit(name+"'s description", len(output.Description), maxDescription)
	}
	for id, r := range tpl.Resources {
		switch r.Type {
		case "AWS::CloudWatch::Alarm":
			limit(id+"'s name", len(at(r.Properties, "AlarmName")), maxAlarmName)
			limit(id+"'s description", len(at(r.Properties, "AlarmDescription")), maxAlarmDescription)
		case "AWS::IAM::Role":
			limit(id+"'s policies", len(at(r.Properties, "Policies")), maxInlinePolicies)
		case "AWS::Lambda::Function":
			limit(id+"'s environment", len(at(r.Properties, "Environment", "Variables")), maxFunctionVariables)
		}
	}
}

// TestLogicalIDs pins what has state: another logical ID is another resource,
// and the next deployment would begin with an empty one.
func TestLogicalIDs(t *testing.T) {
	stateful := []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"}
	queues := []string{"DeliverDlq45E31F15", "DeliverSubscriptionDlqA29C02DE", "RecordDlqC4E5EBEA",
		"RecordSubscriptionDlq6B6FBE6A"}
	for name, want := range map[string][]string{
		"default":         append([]string{"DeliveryBucketA9AE6474", "TaskTable22070546"}, queues...),
		"existing-bucket": append([]string{"TaskTable22070546"}, queues...),
		"everything":      append([]string{"RecordInputSubscriptionDlq377F9767"}, queues...),
	} {
		t.Run("OK"+deployment.Pascal(name), func(t *testing.T) {
			var got []string
			for id, r := range synthOnce(t, name).Resources {
				if slices.Contains(stateful, r.Type) {
					got = append(got, id)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
