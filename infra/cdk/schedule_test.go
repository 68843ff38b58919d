package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestSchedule(t *testing.T) {
	tpl := synthOnce(t, "schedule")
	schedule := tpl.only(t, "AWS::Scheduler::Schedule", "ReconcileSchedule")
	t.Run("OKRepairsTwiceTheInterval", func(t *testing.T) {
		expect(t, at(schedule, "ScheduleExpression"), `"rate(1 day)"`)
		expect(t, at(schedule, "Target", "Input"), `"{\"repair\":true,\"lastHours\":48}"`)
	})
	var group string // whose metrics are this schedule's only
	t.Run("OKOwnGroup", func(t *testing.T) {
		for id, r := range tpl.Resources {
			if r.Type == "AWS::Scheduler::ScheduleGroup" {
				group = id
			}
		}
		expect(t, at(schedule, "GroupName"), `{"Ref":"`+group+`"}`)
	})
	t.Run("OKMayInvokeOneFunctionForSchedulesOfGroup", func(t *testing.T) {
		expect(t, fmt.Sprint(tpl.actions(t, "Schedule")), "[lambda:InvokeFunction]")
		role := tpl.only(t, "AWS::IAM::Role", "ScheduleRole")
		expect(t, at(role, "AssumeRolePolicyDocument", "Statement", 0, "Condition"),
			`{"StringEquals":{"aws:SourceAccount":"000000000000",`+
				`"aws:SourceArn":{"Fn::GetAtt":["`+group+`","Arn"]}}}`)
		resource := at(role, "Policies", 0, "PolicyDocument", "Statement", 0, "Resource")
		if target := at(schedule, "Target", "Arn"); resource != target || !strings.Contains(target, "ReconcileFunction") {
			t.Errorf("it may invoke %s, and invokes %s", resource, target)
		}
	})
	t.Run("OKNotTriedAgain", func(t *testing.T) {
		events := tpl.only(t, "AWS::Lambda::EventInvokeConfig", "ReconcileFunction")
		expect(t, at(events, "MaximumRetryAttempts"), `0`)
	})
	t.Run("OKAlarms", func(t *testing.T) {
		tpl.only(t, "AWS::CloudWatch::Alarm", "ReconcileErrorsAlarm")
		repaired := tpl.only(t, "AWS::CloudWatch::Alarm", "ReconcileRepairedAlarm")
		expect(t, at(repaired, "MetricName"), `"Reconciled_repaired"`)
		for name, metric := range map[string]string{
			"ScheduleInvocationsDropped": "InvocationDroppedCount", "ScheduleTargetErrors": "TargetErrorCount",
		} {
			alarm := tpl.only(t, "AWS::CloudWatch::Alarm", name)
			expect(t, at(alarm, "Namespace"), `"AWS/Scheduler"`)
			expect(t, at(alarm, "MetricName"), `"`+metric+`"`)
			expect(t, at(alarm, "Dimensions"), `[{"Name":"ScheduleGroup","Value":{"Ref":"`+group+`"}}]`)
		}
		dropped := tpl.only(t, "AWS::CloudWatch::Alarm", "ReconcileEventsDropped")
		expect(t, at(dropped, "MetricName"), `"AsyncEventsDropped"`)
		expect(t, at(dropped, "Dimensions", 0, "Value"), `{"Ref":"ReconcileFunction30829CB6"}`)
	})
	t.Run("OKOffByDefault", func(t *testing.T) {
		for id, r := range defaultTemplate(t).Resources {
			if strings.HasPrefix(r.Type, "AWS::Scheduler::") || strings.HasPrefix(id, "Schedule") {
				t.Errorf("there is a %s", id)
			}
		}
	})
}
