package main

import (
	"maps"
	"regexp"
	"sdtasktracker/shared/metrics"
	"strings"
	"testing"
)

// remedy is a command, or a place to look.
var remedy = regexp.MustCompile(`make |aws |cdk |dashboard`)

func TestAlarms(t *testing.T) {
	tpl := defaultTemplate(t)
	metrics := map[string]int{}
	for id, r := range tpl.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		metrics[strings.Trim(at(r.Properties, "MetricName"), `"`)]++
		expect(t, at(r.Properties, "TreatMissingData"), `"notBreaching"`)
		expect(t, at(r.Properties, "ComparisonOperator"), `"GreaterThanThreshold"`)
		description := at(r.Properties, "AlarmDescription")
		if !remedy.MatchString(description) {
			t.Errorf("%s does not say what to do: %s", id, description)
		}
		if len(description) > 1024 {
			t.Errorf("the description of %s has %d characters: CloudWatch takes 1,024", id, len(description))
		}
		expect(t, at(r.Properties, "AlarmActions"), `null`)
	}
	want := map[string]int{"ApproximateNumberOfMessagesVisible": 4, "ApproximateAgeOfOldestMessage": 4,
		"Errors": 2, "Throttles": 2,
		"AsyncEventAge": 2, "AsyncEventsDropped": 2, "DeadLetterErrors": 2, "NumberOfNotificationsFailed": 1,
		"NumberOfNotificationsFailedToRedriveToDlq": 1, "NotDelivered_denied": 1, "PublishedToRecorded": 1}
	if !maps.Equal(metrics, want) {
		t.Errorf("alarms are on %v, want %v", metrics, want)
	}
}

func TestDashboard(t *testing.T) {
	tpl := defaultTemplate(t)
	body := at(tpl.only(t, "AWS::CloudWatch::Dashboard", "Dashboard"), "DashboardBody")
	wanted := []string{"Dead letters", "p99", "Throttles", "WriteThrottleEvents", "ConcurrentExecutions", "Last failures"}
	for _, m := range metrics.All {
		if m.Graph != "" {
			wanted = append(wanted, m.Graph, `\"`+m.Name+`\"`)
		}
	}
	for _, want := range wanted {
		if !strings.Contains(body, want) {
			t.Errorf("the dashboard has no %s", want)
		}
	}
	expect(t, at(tpl.Outputs["DashboardUrl"].Value), `"https://us-east-1.console.aws.amazon.com/cloudwatch/home`+
		`?region=us-east-1#dashboards/dashboard/SdTaskTracker"`)
}
