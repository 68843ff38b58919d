package main

import (
	"context"
	"log/slog"
)

// log writes the invocation's log line and returns err.
func (h *Handler) log(ctx context.Context, r *run, err error) error {
	line := []slog.Attr{
		slog.Any("request", r.request),
		slog.Any("queues", r.answer.Queues),
		slog.Int("throttled", r.answer.Throttled),
		slog.Bool("more", r.answer.More),
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	h.Log.LogAttrs(ctx, level, "redrive", line...)
	return err
}
