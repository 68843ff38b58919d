package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/readme"
)

// remedy is a command, or a place to look, and link is where the repository says more.
var (
	remedy = regexp.MustCompile(`make |aws |dashboard`)
	link   = regexp.MustCompile(` See ([A-Za-z/]+\.md)#([a-z-]+)`)
)

// wantLinked checks that an alarm's description ends in a heading that exists.
func wantLinked(t *testing.T, id, description string) {
	t.Helper()
	found := link.FindStringSubmatch(description)
	if found == nil {
		t.Fatalf("%s links nothing: %s", id, description)
	}
	document, err := os.ReadFile(filepath.Join(prepare.Root(), found[1]))
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile("[^A-Za-z0-9# \n-]").ReplaceAll(document, nil) // as GitHub writes anchors
	if !regexp.MustCompile("(?im)^#+ " + strings.ReplaceAll(found[2], "-", "[ -]") + "$").Match(plain) {
		t.Errorf("%s links %s, whose headings have no #%s", id, found[1], found[2])
	}
}

// TestAlarmsNameTheirStack: the commands of a mail reach the stack that sent it.
func TestAlarmsNameTheirStack(t *testing.T) {
	for name, stack := range map[string]string{"everything": " --stack-name Images'", "default": "us-east-1'"} {
		for id, r := range synthOnce(t, name).Resources {
			if r.Type != "AWS::CloudWatch::Alarm" {
				continue
			}
			description := at(r.Properties, "AlarmDescription")
			wantLinked(t, id, description)
			for _, command := range regexp.MustCompile(`make tasks ARGS='[^']*'`).FindAllString(description, -1) {
				if !strings.Contains(command, " --region us-east-1") || !strings.HasSuffix(command, stack) {
					t.Errorf("%s of %s: %s", id, name, command)
				}
			}
		}
	}
}

func TestAlarms(t *testing.T) {
	tpl := defaultTemplate(t)
	metrics := map[string]int{}
	for id, r := range tpl.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		metrics[strings.Trim(at(r.Properties, "MetricName"), `"`)]++
		expect(t, at(r.Properties, "TreatMissingData"), `"notBreaching"`)
		if at(r.Properties, "ThresholdMetricId") == "null" {
			expect(t, at(r.Properties, "ComparisonOperator"), `"GreaterThanThreshold"`)
		} else {
			expect(t, at(r.Properties, "ComparisonOperator"), `"GreaterThanUpperThreshold"`)
		}
		description := at(r.Properties, "AlarmDescription")
		if !remedy.MatchString(description) {
			t.Errorf("%s does not say what to do: %s", id, description)
		}
		expect(t, at(r.Properties, "AlarmActions"), `null`)
	}
	want := map[string]int{"null": 6, "PublishedToRecorded": 1, "Empty": 1, "Reruns": 1}
	if !maps.Equal(metrics, want) {
		t.Errorf("alarms are on %v, want %v", metrics, want)
	}
}

// TestLostWatchesTopics: what SNS can't put into a subscription's queue is lost, of each topic that invokes functions.
func TestLostWatchesTopics(t *testing.T) {
	for name, want := range map[string]int{"default": 1, "requests": 2} {
		for id, r := range synthOnce(t, name).Resources {
			if strings.HasPrefix(id, "LostAlarm") {
				metrics := at(r.Properties, "Metrics")
				if got := strings.Count(metrics, "NumberOfNotificationsFailedToRedriveToDlq"); got != want {
					t.Errorf("%s of %s watches %d topics, want %d: %s", id, name, got, want, metrics)
				}
			}
		}
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
			actions := at(r.Properties, "AlarmActions")
			if !strings.Contains(actions, topic) || !strings.Contains(actions, "AlarmEmailTopic") {
				t.Errorf("AlarmActions of %s are %s", id, actions)
			}
			// A new alarm becomes OK, and would say so.
			expect(t, at(r.Properties, "OKActions"), `null`)
		}
	}
	email := tpl.only(t, "AWS::SNS::Subscription", "AlarmEmailTopic")
	expect(t, at(email, "Endpoint"), `"ops@example.com"`)
	if _, ok := tpl.Outputs["DashboardUrl"]; ok {
		t.Error("there is a dashboard's URL")
	}
}

// TestAlarmTopicsArePublishable follows every alarm to the topics made here.
func TestAlarmTopicsArePublishable(t *testing.T) {
	tpl := synthOnce(t, "everything")
	published := map[string]bool{}
	for _, r := range tpl.Resources {
		topic := strings.Trim(at(r.Properties, "Topics", 0, "Ref"), `"`)
		if r.Type == "AWS::SNS::TopicPolicy" && strings.HasPrefix(topic, "AlarmEmailTopic") {
			deny := at(r.Properties, "PolicyDocument", "Statement", 0)
			expect(t, at(r.Properties, "PolicyDocument", "Statement", 0, "Effect"), `"Deny"`)
			if !strings.Contains(deny, `"Condition":{"Bool":{"aws:SecureTransport":"false"}}`) {
				t.Errorf("%s does not require TLS: %s", topic, deny)
			}
			expect(t, at(r.Properties, "PolicyDocument", "Statement", 1), `{"Action":"sns:Publish","Condition":{`+
				`"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:000000000000:alarm:*"},`+
				`"StringEquals":{"aws:SourceAccount":"000000000000"}},"Effect":"Allow",`+
				`"Principal":{"Service":"cloudwatch.amazonaws.com"},"Resource":{"Ref":"`+topic+`"},"Sid":"AllowAlarms"}`)
			published[topic] = true
		}
	}
	for id, r := range tpl.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		for _, action := range r.Properties["AlarmActions"].([]any) {
			if reference, made := action.(map[string]any); made && !published[fmt.Sprint(reference["Ref"])] {
				t.Errorf("CloudWatch may not publish %s to %v", id, reference)
			}
		}
	}
	if len(published) != 1 {
		t.Errorf("%d topics have a policy, want 1", len(published))
	}
}

// expressionOf is the math expression of an alarm, and the metrics in it.
func expressionOf(t *testing.T, tpl template, alarm string) (
	expression string, queries []map[string]any, periods string,
) {
	t.Helper()
	properties := tpl.only(t, "AWS::CloudWatch::Alarm", alarm)
	list, _ := properties["Metrics"].([]any)
	for _, element := range list {
		query := element.(map[string]any)
		if e, ok := query["Expression"].(string); ok {
			expression = e
		} else {
			queries = append(queries, query["MetricStat"].(map[string]any))
		}
	}
	return expression, queries, at(properties, "EvaluationPeriods")
}

// A dry run receives messages, which must not silence the alarm. CloudWatch
// looks back seven days at most, and that in periods of an hour or more.
func TestDeadLetterAgeLooksBackSevenDays(t *testing.T) {
	expression, queries, periods := expressionOf(t, defaultTemplate(t), "DeadLetterAge")
	expect(t, expression, "FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0) + FILL(m4, 0)")
	expect(t, periods, "168")
	for _, query := range queries {
		expect(t, at(query, "Metric", "MetricName"), `"ApproximateNumberOfMessagesVisible"`)
		expect(t, at(query, "Period"), "3600")
		expect(t, at(query, "Stat"), `"Maximum"`)
	}
	if len(queries) != 4 {
		t.Errorf("it looks at %d queues", len(queries))
	}
}

// TestTaskAlarms: the share of failures has a floor of tasks, and what is slow is compared with the usual.
func TestTaskAlarms(t *testing.T) {
	tpl := synthOnce(t, "everything")
	expression, queries, _ := expressionOf(t, tpl, "TasksFailed")
	expect(t, expression, "IF(tasks >= 50, 100 * failed, 0)")
	expect(t, at(tpl.only(t, "AWS::CloudWatch::Alarm", "TasksFailed"), "Threshold"), "10")
	for _, query := range queries {
		expect(t, at(query, "Metric", "MetricName"), `"Failures"`)
		expect(t, at(query, "Period"), "3600")
	}
	expression, queries, _ = expressionOf(t, tpl, "TasksSlow")
	if !strings.HasPrefix(expression, "ANOMALY_DETECTION_BAND(") || !strings.HasSuffix(expression, ", 6)") {
		t.Errorf("the band is %s", expression)
	}
	expect(t, at(queries[0], "Stat"), `"p50"`)
}

// TestAlarmsAreDocumented compares the alarms of all templates with the runbook's.
func TestAlarmsAreDocumented(t *testing.T) {
	exist := map[string]bool{}
	for name := range contexts() {
		for _, r := range synthOnce(t, name).Resources {
			if alarm, ok := r.Properties["AlarmName"].(string); ok {
				_, alarm, _ = strings.Cut(alarm, "-") // what comes first is the stack's name
				exist[alarm] = true
			}
		}
	}
	documented := map[string]bool{}
	for _, name := range readme.Names(t, "infra/operator/README.md", "Alarms") {
		if alarmName.MatchString(name) {
			documented[name] = true
		}
	}
	if diff := cmp.Diff(exist, documented); diff != "" {
		t.Errorf("the runbook's alarms differ (-exist +documented):\n%s", diff)
	}
}

// alarmName is what the runbook's other tables have no names like.
var alarmName = regexp.MustCompile(`^[A-Z][A-Za-z]+(-[A-Z][A-Za-z]+)?$`)
