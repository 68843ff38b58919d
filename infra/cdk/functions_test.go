package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/readme"
)

func TestFunctionsAreRetried(t *testing.T) {
	tpl := defaultTemplate(t)
	for _, name := range functionNames {
		t.Run("OK"+name, func(t *testing.T) {
			f := tpl.only(t, "AWS::Lambda::Function", name+"Function")
			expect(t, at(f, "Runtime"), `"provided.al2023"`)
			expect(t, at(f, "Architectures"), `["arm64"]`)
			expect(t, at(f, "LoggingConfig", "LogFormat"), `"JSON"`)
			expect(t, at(f, "TracingConfig", "Mode"), `"Active"`)
			for _, explicit := range []string{"Timeout", "MemorySize"} {
				if at(f, explicit) == "null" {
					t.Errorf("%s is not set", explicit)
				}
			}
			if !strings.Contains(at(f, "DeadLetterConfig"), `["`+name+`Dlq`) {
				t.Errorf("DeadLetterConfig is %s", at(f, "DeadLetterConfig"))
			}
			events := tpl.only(t, "AWS::Lambda::EventInvokeConfig", name+"Function")
			expect(t, at(events, "MaximumRetryAttempts"), `2`)
			expect(t, at(events, "MaximumEventAgeInSeconds"), `21600`)
			logs := tpl.only(t, "AWS::Logs::LogGroup", name+"Logs")
			expect(t, at(logs, "RetentionInDays"), `90`)
		})
	}
}

func TestSubscriptions(t *testing.T) {
	tpl := defaultTemplate(t)
	record := tpl.only(t, "AWS::SNS::Subscription", "RecordFunction")
	deliver := tpl.only(t, "AWS::SNS::Subscription", "DeliverFunction")
	for _, subscription := range []map[string]any{record, deliver} {
		expect(t, at(subscription, "TopicArn"), `"`+testTopic+`"`)
		expect(t, at(subscription, "Protocol"), `"lambda"`)
		// SNS would drop what it can't parse.
		expect(t, at(subscription, "FilterPolicy"), `null`)
		// SNS drops a scope without a policy, and the stack would show drift for ever.
		expect(t, at(subscription, "FilterPolicyScope"), `null`)
	}
	first, second := at(record, "RedrivePolicy"), at(deliver, "RedrivePolicy")
	if !strings.Contains(first, "RecordSubscriptionDlq") || !strings.Contains(second, "DeliverSubscriptionDlq") {
		t.Errorf("redrive policies are %s and %s", first, second)
	}
}

// SNS sends what it may not hand over to the dead-letter queue at once, so that
// a subscription must come last.
func TestSubscriptionsComeLast(t *testing.T) {
	tpl := defaultTemplate(t)
	for id, r := range tpl.Resources {
		if r.Type != "AWS::SNS::Subscription" {
			continue
		}
		kinds := map[string]int{}
		for _, dependency := range r.DependsOn {
			kinds[tpl.Resources[dependency].Type]++
			properties := at(tpl.Resources[dependency].Properties)
			mentioned := at(r.Properties, "Endpoint", "Fn::GetAtt", 0)
			if tpl.Resources[dependency].Type == "AWS::SQS::QueuePolicy" {
				mentioned = at(r.Properties, "RedrivePolicy", "deadLetterTargetArn", "Fn::GetAtt", 0)
			}
			if !strings.Contains(properties, mentioned) {
				t.Errorf("%s depends on %s, which is not about %s", id, dependency, mentioned)
			}
		}
		if !maps.Equal(kinds, map[string]int{"AWS::Lambda::Permission": 1, "AWS::SQS::QueuePolicy": 1}) {
			t.Errorf("%s depends on %v", id, kinds)
		}
	}
}

func TestDeadLetterQueues(t *testing.T) {
	tpl := defaultTemplate(t)
	policies := 0
	for id, r := range tpl.Resources {
		switch r.Type {
		case "AWS::SQS::Queue":
			expect(t, at(r.Properties, "MessageRetentionPeriod"), `1209600`)
			expect(t, at(r.Properties, "SqsManagedSseEnabled"), `true`)
		case "AWS::SQS::QueuePolicy":
			policies++
			if !strings.Contains(at(r.Properties), `{"Bool":{"aws:SecureTransport":"false"}}`) {
				t.Errorf("%s does not require TLS", id)
			}
		}
	}
	if policies != 4 {
		t.Errorf("%d queues have a policy, want 4", policies)
	}
}

func TestOutputs(t *testing.T) {
	every := slices.Sorted(maps.Keys(synthOnce(t, "everything").Outputs))
	expect(t, fmt.Sprint(readme.Names(t, "infra/README.md", "Outputs")), fmt.Sprint(every))
}

// functionNames are the functions that are subscribed to the topic.
var functionNames = []string{"Record", "Deliver"}
