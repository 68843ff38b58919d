package main

import (
	"slices"
	"testing"
)

// namesOf are a template's names that AWS wants to be unique: those that a property
// gives a resource. CloudFormation makes up all others.
func namesOf(tpl template) (names []string) {
	for _, r := range tpl.Resources {
		for _, property := range []string{
			"AlarmName", "DashboardName", "BucketName", "TableName", "QueueName", "RoleName", "LogGroupName", "Name",
			"FunctionName", "ManagedPolicyName", "TopicName",
		} {
			// A permission's or a subscription's FunctionName refers to a function.
			name, literal := r.Properties[property].(string)
			if literal {
				names = append(names, r.Type+" "+name)
			}
		}
	}
	return names
}

// TestStacksSideBySide: staging and production, or the stacks of two guidances, live in
// one account and Region with a stackName each; and one stack in each Region, although
// dashboards' names are global ("PutDashboard", Amazon CloudWatch API Reference).
func TestStacksSideBySide(t *testing.T) {
	staging, production := everySetting(), everySetting()
	staging["stackName"], production["stackName"] = "Staging", "Production"
	first, second := synth(t, staging), synth(t, production)
	names := namesOf(first)
	if len(names) < 15 {
		t.Fatalf("only %d names are found: %q", len(names), names)
	}
	for _, name := range namesOf(second) {
		if slices.Contains(names, name) {
			t.Errorf("both stacks have %s", name)
		}
	}
	for _, kind := range []string{"Record", "Deliver"} {
		namespace := func(tpl template) string {
			return at(tpl.only(t, "AWS::Lambda::Function", kind), "Environment", "Variables", "METRIC_NAMESPACE")
		}
		if namespace(first) == namespace(second) {
			t.Errorf("both stacks' metrics of %s are in %s", kind, namespace(first))
		}
	}
	here, there := synthOnce(t, "default"), synthOnce(t, "another-region")
	const dashboard = "AWS::CloudWatch::Dashboard"
	name := func(tpl template) string { return at(tpl.only(t, dashboard, ""), "DashboardName") }
	if name(here) == name(there) {
		t.Errorf("stacks of two Regions have the dashboard %s", name(here))
	}
}
