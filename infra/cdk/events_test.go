package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestTaskEvents: record and deliver may publish to the topic, and nobody else has any use for it in the template.
func TestTaskEvents(t *testing.T) {
	tpl := synthOnce(t, "events")
	tpl.only(t, "AWS::SNS::Topic", "TaskEvents")
	const topic = `{"Ref":"TaskEventsD64B2175"}`
	for _, name := range functionNames {
		t.Run("OK"+name+"Publishes", func(t *testing.T) {
			if actions := fmt.Sprint(tpl.actions(t, name)); !strings.Contains(actions, "sns:Publish") {
				t.Errorf("it may only %s", actions)
			}
			function := tpl.only(t, "AWS::Lambda::Function", name+"Function")
			expect(t, at(function, "Environment", "Variables", "TASK_EVENTS_TOPIC"), topic)
		})
	}
	t.Run("OKTopicIsOutput", func(t *testing.T) {
		expect(t, at(tpl.Outputs["TaskEventsTopicArn"].Value), topic)
	})
	t.Run("OKLostEventRaisesAlarm", func(t *testing.T) {
		tpl.only(t, "AWS::CloudWatch::Alarm", "TaskEventsNotificationsFailedAlarm")
	})
	t.Run("OKNoneByDefault", func(t *testing.T) {
		text := string(synthOnce(t, "default").text)
		for _, trace := range []string{"TaskEvents", "TASK_EVENTS_TOPIC", "sns:Publish"} {
			if strings.Contains(text, trace) {
				t.Errorf("the default template has %s", trace)
			}
		}
	})
}
