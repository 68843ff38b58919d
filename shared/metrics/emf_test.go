package metrics_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/metrics"
)

func TestAttrs(t *testing.T) {
	var line bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&line, nil))
	byStatus := [][]string{{"Status"}, {"Status", "Runtime"}}
	logger.LogAttrs(t.Context(), slog.LevelInfo, "m", metrics.Attrs("My stack", time.UnixMilli(1234567890123),
		metrics.Metric{Name: "Recorded", Unit: metrics.Count, Dimensions: byStatus}.Value(1),
		metrics.Metric{Name: "Latency", Unit: metrics.Milliseconds}.Value(12.5),
		metrics.Metric{Name: "Stale", Unit: metrics.Count}.Value(-1),
	)...)
	want := `"_aws":{"Timestamp":1234567890123,"CloudWatchMetrics":[` +
		`{"Namespace":"My stack","Dimensions":[["Status"],["Status","Runtime"]],` +
		`"Metrics":[{"Name":"Recorded","Unit":"Count"}]},` +
		`{"Namespace":"My stack","Dimensions":[[]],` +
		`"Metrics":[{"Name":"Latency","Unit":"Milliseconds"},{"Name":"Stale","Unit":"Count"}]}]},` +
		`"Recorded":1,"Latency":12.5,"Stale":0}`
	if !strings.Contains(line.String(), want) {
		t.Errorf("got  %s\nwant %s", line.String(), want)
	}
}
