package metrics

import (
	"log/slog"
	"slices"
	"time"
)

// Value is one data point of a metric.
type Value struct {
	Metric Metric
	Value  float64
}

type (
	// metadata is the _aws member ("Specification: Embedded metric format").
	metadata struct {
		Timestamp         int64 // milliseconds since 1970
		CloudWatchMetrics []directive
	}
	directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []definition
	}
	definition struct {
		Name string
		Unit string `json:",omitempty"`
	}
)

// Attrs returns the attributes that embed values of metrics in a log line, at its top level. CloudWatch Logs extracts
// the values ("Embedding metrics within logs" in the Amazon CloudWatch User Guide), so they need no API request. at is
// their time, with millisecond precision. If a metric has dimensions, the line must also have them as string
// attributes.
func Attrs(namespace string, at time.Time, values ...Value) []slog.Attr {
	meta := metadata{Timestamp: at.UnixMilli()}
	attributes := make([]slog.Attr, 1, len(values)+1)
	for _, v := range values {
		dimensions := v.Metric.Dimensions
		if dimensions == nil {
			dimensions = [][]string{{}}
		}
		same := func(d directive) bool { return slices.EqualFunc(d.Dimensions, dimensions, slices.Equal) }
		i := slices.IndexFunc(meta.CloudWatchMetrics, same)
		if i < 0 {
			i = len(meta.CloudWatchMetrics)
			meta.CloudWatchMetrics = append(meta.CloudWatchMetrics, directive{Namespace: namespace, Dimensions: dimensions})
		}
		d := &meta.CloudWatchMetrics[i]
		d.Metrics = append(d.Metrics, definition{Name: v.Metric.Name, Unit: v.Metric.Unit})
		attributes = append(attributes, slog.Float64(v.Metric.Name, v.Value))
	}
	attributes[0] = slog.Any("_aws", meta)
	return attributes
}
