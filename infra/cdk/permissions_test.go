package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestRoles(t *testing.T) {
	tpl := defaultTemplate(t)
	common := []string{"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage",
		"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
	expect(t, fmt.Sprint(tpl.actions(t, "Record")), fmt.Sprint(sorted(common, "dynamodb:UpdateItem", "s3:GetObject")))
	expect(t, fmt.Sprint(tpl.actions(t, "Deliver")), fmt.Sprint(sorted(common, "dynamodb:GetItem", "dynamodb:UpdateItem",
		"s3:AbortMultipartUpload", "s3:GetObject", "s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket",
		"s3:PutObject", "s3:PutObjectTagging")))
	for id, r := range tpl.Resources {
		if r.Type == "AWS::IAM::Policy" || r.Type == "AWS::IAM::ManagedPolicy" ||
			strings.Contains(at(r.Properties, "ManagedPolicyArns"), "arn") {
			t.Errorf("%s grants rights outside the roles' own policies", id)
		}
	}
}

func TestRedriveRole(t *testing.T) {
	tpl := defaultTemplate(t)
	expect(t, fmt.Sprint(tpl.actions(t, "Redrive")), fmt.Sprint([]string{
		"lambda:InvokeFunction", "logs:CreateLogStream", "logs:PutLogEvents",
		"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
		"xray:PutTelemetryRecords", "xray:PutTraceSegments"}))
	f := tpl.only(t, "AWS::Lambda::Function", "RedriveFunction")
	expect(t, at(f, "DeadLetterConfig"), `null`)
	variables := at(f, "Environment", "Variables")
	for _, id := range []string{"RecordFunction", "DeliverFunction", "RecordDlq", "DeliverDlq", "RecordSubscriptionDlq",
		"DeliverSubscriptionDlq"} {
		if !strings.Contains(variables, `{"Ref":"`+id) {
			t.Errorf("redrive does not know %s: %s", id, variables)
		}
	}
	for id, r := range tpl.Resources {
		if r.Type == "AWS::SNS::Subscription" && strings.HasPrefix(id, "Redrive") {
			t.Error("redrive is subscribed")
		}
	}
}

func TestReconcileRole(t *testing.T) {
	tpl := defaultTemplate(t)
	expect(t, fmt.Sprint(tpl.actions(t, "Reconcile")), fmt.Sprint([]string{
		"dynamodb:BatchGetItem", "lambda:InvokeFunction", "logs:CreateLogStream", "logs:PutLogEvents",
		"s3:GetObject", "s3:ListBucket", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}))
	f := tpl.only(t, "AWS::Lambda::Function", "ReconcileFunction")
	d := tpl.only(t, "AWS::Lambda::Function", "DeliverFunction")
	for variable := range d["Environment"].(map[string]any)["Variables"].(map[string]any) {
		expect(t, at(f, "Environment", "Variables", variable), at(d, "Environment", "Variables", variable))
	}
	functions := at(f, "Environment", "Variables", "FUNCTIONS")
	for _, id := range []string{"RecordFunction", "DeliverFunction"} {
		if !strings.Contains(functions, `{"Ref":"`+id) {
			t.Errorf("reconcile does not know %s: %s", id, functions)
		}
	}
}

// actions are everything a function's role allows; wildcards are refused.
func (tpl template) actions(t *testing.T, name string) []string {
	t.Helper()
	var all []string
	for _, policy := range tpl.only(t, "AWS::IAM::Role", name+"Role")["Policies"].([]any) {
		for _, s := range policy.(map[string]any)["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			statement := s.(map[string]any)
			actions, ok := statement["Action"].([]any)
			if !ok {
				actions = []any{statement["Action"]}
			}
			for _, action := range actions {
				if strings.Contains(action.(string), "*") {
					t.Errorf("%s may do %s", name, action)
				}
				if statement["Resource"] == "*" && !strings.HasPrefix(action.(string), "xray:") {
					t.Errorf("%s may do %s on anything", name, action)
				}
				all = append(all, action.(string))
			}
		}
	}
	slices.Sort(all)
	return all
}

func sorted(some []string, more ...string) []string {
	all := append(slices.Clone(some), more...)
	slices.Sort(all)
	return all
}
