package main

import (
	"context"
	"log/slog"

	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/reconciliation"
)

// log writes the invocation's log line and returns err.
func (h *Handler) log(
	ctx context.Context, request reconciliation.Request, answer reconciliation.Answer, err error,
) error {
	line := []slog.Attr{
		slog.Any("request", request),
		slog.Any("counts", answer.Counts),
		slog.Int("more", len(answer.More)),
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	if values := countsOf(answer); request.LastHours > 0 && len(values) > 0 {
		line = append(line, metrics.Attrs(h.Environment.Namespace, h.Now(), values...)...)
	}
	h.Log.LogAttrs(ctx, level, "reconciliation", line...)
	return err
}

// countsOf returns the metrics of an answer, without those that are 0.
func countsOf(answer reconciliation.Answer) (values []metrics.Value) {
	for _, count := range []struct {
		metric metrics.Metric
		n      int
	}{
		{metrics.ReconciledRepaired, answer.Repaired},
		{metrics.ReconciledFailed, answer.Failed},
		{metrics.ReconciledMissingInTable, answer.Kinds[reconciliation.MissingInTable]},
		{metrics.ReconciledMissingImage, answer.Kinds[reconciliation.MissingImage]},
		{metrics.ReconciledRemoved, answer.Kinds[reconciliation.Removed]},
		{metrics.ReconciledDifferent, answer.Kinds[reconciliation.Different]},
		{metrics.ReconciledWithoutObjects, answer.Kinds[reconciliation.WithoutObjects]},
		{metrics.ReconciledUndecidable, answer.Kinds[reconciliation.Undecidable]},
	} {
		if count.n > 0 {
			values = append(values, count.metric.Value(float64(count.n)))
		}
	}
	return values
}
