package main

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// document is a task in JSON, by the names of the table's attributes. Unlike the
// attributes, expires_at is a time, runs is their number, and running_ms and links
// are the command's own.
type document struct {
	ID               string                   `json:"task_id"`
	Status           announcement.Status      `json:"status,omitempty"`
	UpdatedAt        time.Time                `json:"updated_at,omitzero"`
	Runtime          string                   `json:"runtime,omitempty"`
	Error            string                   `json:"error,omitempty"`
	StartedAt        time.Time                `json:"started_at,omitzero"`
	FirstStartedAt   time.Time                `json:"first_started_at,omitzero"`
	RunningMS        *int64                   `json:"running_ms,omitempty"`
	FinishedAt       time.Time                `json:"finished_at,omitzero"`
	DurationMS       *int64                   `json:"duration_ms,omitempty"`
	Runs             int                      `json:"runs"`
	ImageCount       *int                     `json:"image_count,omitempty"`
	ImageURLs        []string                 `json:"image_url,omitempty"`
	ImageURLsOmitted int                      `json:"image_url_omitted,omitempty"`
	OutputURL        string                   `json:"output_url,omitempty"`
	Context          json.RawMessage          `json:"context,omitempty"`
	ContextJSON      string                   `json:"context_json,omitempty"`
	ContextOmitted   bool                     `json:"context_omitted,omitempty"`
	Extra            json.RawMessage          `json:"extra,omitempty"`
	ExtraJSON        string                   `json:"extra_json,omitempty"`
	DeliveryStatus   tasktable.DeliveryStatus `json:"delivery_status,omitempty"`
	DeliveredAt      time.Time                `json:"delivered_at,omitzero"`
	Delivered        []string                 `json:"delivered,omitempty"`
	DeliveredOmitted int                      `json:"delivered_omitted,omitempty"`
	EmptyObjects     []string                 `json:"empty_objects,omitempty"`
	DeliveryError    string                   `json:"delivery_error,omitempty"`
	DeliveryMessage  string                   `json:"delivery_message_id,omitempty"`
	ExpiresAt        time.Time                `json:"expires_at,omitzero"`
	Links            []objects.Link           `json:"links,omitempty"`
}

// newDocument is the task as seen at the time now.
func newDocument(t tasktable.Task, now time.Time) document {
	d := document{
		ID: t.ID, Status: t.Status, UpdatedAt: t.UpdatedAt, Runtime: t.Runtime, Error: t.Error,
		StartedAt: t.StartedAt, FirstStartedAt: t.FirstStartedAt, FinishedAt: t.FinishedAt, Runs: t.Runs,
		ImageURLs: t.ImageURLs, ImageURLsOmitted: t.ImageURLsOmitted, OutputURL: t.OutputURL,
		ContextOmitted: t.ContextOmitted,
		DeliveryStatus: t.DeliveryStatus, DeliveredAt: t.DeliveredAt, Delivered: t.Delivered,
		DeliveredOmitted: t.DeliveredOmitted, EmptyObjects: t.EmptyObjects, DeliveryError: t.DeliveryError,
		DeliveryMessage: t.DeliveryMessageID, ExpiresAt: t.ExpiresAt,
	}
	d.Context, d.ContextJSON = asJSON(t.Context)
	d.Extra, d.ExtraJSON = asJSON(t.Extra)
	if duration, known := t.Duration(); known {
		d.DurationMS = new(duration.Milliseconds())
	}
	if running, known := runningFor(t, now); known {
		d.RunningMS = new(running.Milliseconds())
	}
	if t.Status.Terminal() {
		d.ImageCount = new(t.ImageCount)
	}
	return d
}

// asJSON is a document as JSON, or as text if it is not valid: a context may have
// NaN and infinities.
func asJSON(value json.RawMessage) (valid json.RawMessage, text string) {
	if json.Valid(value) && utf8.Valid(value) {
		return value, ""
	}
	return nil, string(value)
}

// runningFor is how long a task has been running since its first start.
func runningFor(t tasktable.Task, now time.Time) (d time.Duration, known bool) {
	start := firstStart(t)
	if t.Status != announcement.Running || start.IsZero() {
		return 0, false
	}
	return now.Sub(start), true
}

// firstStart is the first start since the last end, or, as items of earlier
// releases don't have it, the last.
func firstStart(t tasktable.Task) time.Time {
	if t.FirstStartedAt.IsZero() {
		return t.StartedAt
	}
	return t.FirstStartedAt
}
