package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sdtasktracker/shared/tasktable"
)

func TestEvents(t *testing.T) {
	tpl := synthOnce(t, "events")
	pipe := tpl.only(t, "AWS::Pipes::Pipe", "Events")
	t.Run("come from the table's stream", func(t *testing.T) {
		table := tpl.only(t, "AWS::DynamoDB::Table", "TaskTable")
		expect(t, at(table, "StreamSpecification"), `{"StreamViewType":"NEW_IMAGE"}`)
		if source := at(pipe, "Source"); !strings.Contains(source, "StreamArn") {
			t.Errorf("the source is %s", source)
		}
	})
	t.Run("name attributes that items have", func(t *testing.T) {
		declared := map[string]bool{}
		for _, attribute := range tasktable.Attributes {
			declared[attribute.Name] = true
		}
		for _, path := range strings.Split(eventDetail, "<$.dynamodb.NewImage.")[1:] {
			if name, _, _ := strings.Cut(path, "."); !declared[name] {
				t.Errorf("there is no attribute %s", name)
			}
		}
		parameters := at(pipe, "TargetParameters", "EventBridgeEventBusParameters")
		expect(t, parameters, `{"DetailType":"$.dynamodb.NewImage.event.S","Source":"SdTaskTracker"}`)
	})
	t.Run("are of tasks that ended", func(t *testing.T) {
		var pattern string
		if err := json.Unmarshal([]byte(at(pipe, "SourceParameters", "FilterCriteria", "Filters", 0, "Pattern")),
			&pattern); err != nil {
			t.Fatal(err)
		}
		expect(t, pattern, `{"dynamodb":{"NewImage":{"event":{"S":["Task Delivered","Task Failed","Delivery Failed"]},`+
			`"status":{"S":["completed","failed"]}}},"eventName":["INSERT","MODIFY"]}`)
	})
	t.Run("leave a trace if they can't be sent", func(t *testing.T) {
		expect(t, fmt.Sprint(tpl.actions(t, "Events")), "[dynamodb:DescribeStream dynamodb:GetRecords "+
			"dynamodb:GetShardIterator dynamodb:ListStreams events:PutEvents sqs:SendMessage]")
		tpl.only(t, "AWS::CloudWatch::Alarm", "EventsDeadLettersAlarm")
		if tpl.Outputs["EventsDlqUrl"].Value == nil {
			t.Error("the queue is no output")
		}
	})
	t.Run("need the stack's own table", func(t *testing.T) {
		_, err := NewSettings(with(map[string]any{"taskEvents": true, "taskTable": "mine"}), "", "")
		if err == nil || !strings.Contains(err.Error(), "taskEvents needs a table that the stack creates") {
			t.Errorf("error is %v", err)
		}
	})
}
