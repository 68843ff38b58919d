package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/shared/metrics"
)

func TestDashboard(t *testing.T) {
	every := map[string]any{"reconcileEvery": "1d", "inputTopicArn": testInputTopic}
	tpl := synth(t, with(every)) // which has every graph
	body := at(tpl.only(t, "AWS::CloudWatch::Dashboard", "Dashboard"), "DashboardBody")
	wanted := []string{"Dead letters", "p99", "Throttles", "WriteThrottleEvents", "ConcurrentExecutions", "Last failures",
		`level = \\\"ERROR\\\" or (type = \\\"platform.report\\\" and record.status != \\\"success\\\")`}
	unshown := []string{"Duplicate", "Stale", "Invalid", "ContextOmitted", "ErrorUnreadable", "WithoutCaller",
		"NotUnderstood"}
	for _, m := range metrics.All {
		if !slices.Contains(unshown, m.Name) {
			wanted = append(wanted, `\"`+m.Name+`\"`)
		}
	}
	for _, want := range wanted {
		if !strings.Contains(body, want) {
			t.Errorf("the dashboard has no %s", want)
		}
	}
	without := at(defaultTemplate(t).only(t, "AWS::CloudWatch::Dashboard", "Dashboard"), "DashboardBody")
	if strings.Contains(without, "Reconciled") {
		t.Error("without a schedule, the dashboard has its graph")
	}
	expect(t, at(tpl.Outputs["DashboardUrl"].Value), `"https://us-east-1.console.aws.amazon.com/cloudwatch/home`+
		`?region=us-east-1#dashboards/dashboard/SdTaskTracker-us-east-1"`)
}

// TestConsoleURL: a partition whose console nobody has looked up has the usual domain.
func TestConsoleURL(t *testing.T) {
	for partition, want := range map[string]string{
		"aws-cn": "https://r.console.amazonaws.cn/cloudwatch/", "aws-new": "https://r.console.aws.amazon.com/cloudwatch/",
	} {
		if got := consoleURL(Settings{Partition: partition, Region: "r"}); !strings.HasPrefix(got, want) {
			t.Errorf("in %s, it is %s", partition, got)
		}
	}
}

// TestMostCustomMetrics counts the combinations of values of all metrics' dimensions: CloudWatch bills each.
func TestMostCustomMetrics(t *testing.T) {
	runtimes := len(strings.Split(defaultRuntimes, ",")) + 2 // other, and none
	values := map[string]int{metrics.Status: 3, metrics.Runtime: runtimes}
	optional := []metrics.Metric{metrics.Waited, metrics.OverdueQueued, metrics.OverdueRunning, metrics.WithoutCaller}
	most := 0
	for _, m := range metrics.All {
		if slices.ContainsFunc(optional, func(o metrics.Metric) bool { return o.Name == m.Name }) {
			continue
		}
		sets := m.Dimensions
		if sets == nil {
			sets = [][]string{{}}
		}
		for _, set := range sets {
			product := 1
			for _, dimension := range set {
				product *= values[dimension]
			}
			most += product
		}
	}
	document, err := os.ReadFile(filepath.Join(prepare.Root(), "infra/README.md"))
	if want := fmt.Sprintf("**Custom metrics** are at most %d,", most); !strings.Contains(string(document), want) {
		t.Errorf("infra/README.md does not say %q, %v", want, err)
	}
}
