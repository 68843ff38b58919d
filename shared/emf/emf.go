// Package emf embeds CloudWatch metrics in log lines. CloudWatch Logs extracts
// them ("Embedding metrics within logs" in the Amazon CloudWatch User Guide), so
// emitting a metric needs no API request.
package emf

import (
	"log/slog"
	"slices"
	"time"
)

// Units as CloudWatch spells them.
const (
	Count        = "Count"
	Milliseconds = "Milliseconds"
)

// Metric is one data point of a metric.
type Metric struct {
	Name  string
	Unit  string
	Value float64
	// Dimensions are the dimension sets to publish the value under, each a
	// list of names. Nil publishes the value once, without dimensions. Every
	// name must be a string attribute of the same log line. Keep the number of
	// distinct values small: CloudWatch bills each combination as a metric.
	Dimensions [][]string
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

// Attrs returns the attributes that embed metrics of a namespace in a log line.
// They must be at the line's top level. The metrics' timestamp is at, with
// millisecond precision.
func Attrs(namespace string, at time.Time, metrics ...Metric) []slog.Attr {
	meta := metadata{Timestamp: at.UnixMilli()}
	attributes := make([]slog.Attr, 1, len(metrics)+1)
	for _, m := range metrics {
		dimensions := m.Dimensions
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
		d.Metrics = append(d.Metrics, definition{Name: m.Name, Unit: m.Unit})
		attributes = append(attributes, slog.Float64(m.Name, m.Value))
	}
	attributes[0] = slog.Any("_aws", meta)
	return attributes
}
