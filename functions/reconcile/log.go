package main

import (
	"context"
	"log/slog"

	"sdtasktracker/shared/reconciliation"
)

// log writes an invocation's one line, and returns its error.
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
	h.Log.LogAttrs(ctx, level, "reconciliation", line...)
	return err
}
