package main

import (
	"fmt"
	"time"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// properties are what is known of a task, in the order in which people read it.
func properties(t tasktable.Task, d document) []property {
	var all []property
	add := func(name, title string, value any) {
		if !unknown(value) {
			all = append(all, property{heading: output.Column{Name: name, Title: title}, values: []any{value}})
		}
	}
	addAll := func(name, title string, values []string) {
		p := property{heading: output.Column{Name: name, Title: title}}
		for _, value := range values {
			p.values = append(p.values, value)
		}
		if len(values) > 0 {
			all = append(all, p)
		}
	}
	add("task_id", "task", t.ID)
	add("status", "status", t.Status)
	add("error", "error", t.Error)
	add("runtime", "runtime", t.Runtime)
	add("updated_at", "updated (UTC)", t.UpdatedAt)
	add("first_started_at", "first started (UTC)", t.FirstStartedAt)
	add("started_at", "started (UTC)", t.StartedAt)
	add("running_ms", "running for", milliseconds(d.RunningMS))
	add("finished_at", "finished (UTC)", t.FinishedAt)
	add("duration_ms", "duration", milliseconds(d.DurationMS))
	add("runs", "runs", t.Runs)
	if d.ImageCount != nil {
		all = append(all, property{heading: output.Column{Name: "image_count", Title: "images"}, values: []any{t.ImageCount}})
	}
	add("delivery_status", "delivery", string(t.DeliveryStatus))
	add("delivered_at", "delivered (UTC)", t.DeliveredAt)
	add("delivery_error", "delivery error", t.DeliveryError)
	add("delivery_message_id", "delivered message", t.DeliveryMessageID)
	add("expires_at", "expires (UTC)", t.ExpiresAt)
	addAll("image_url", "published images", t.ImageURLs)
	add("image_url_omitted", "more images", t.ImageURLsOmitted)
	add("output_url", "output", t.OutputURL)
	addAll("delivered", "delivered objects", t.Delivered)
	add("delivered_omitted", "more delivered", t.DeliveredOmitted)
	addAll("empty_objects", "objects of no bytes", t.EmptyObjects)
	if len(d.Links) > 0 {
		var urls []string
		for _, l := range d.Links {
			urls = append(urls, l.URL)
		}
		addAll("links", "links until "+output.Clock(d.Links[0].ExpiresAt)+" (UTC)", urls)
	}
	if len(t.Context) > 0 {
		all = append(all, documentOf("context", t.Context))
	}
	add("context_omitted", "context", omitted(t.ContextOmitted))
	if len(t.Extra) > 0 {
		all = append(all, documentOf("extra", t.Extra))
	}
	return all
}

// documentOf is the property that holds a document.
func documentOf(name string, value []byte) property {
	valid, text := asJSON(value)
	heading := output.Column{Name: name, Title: name}
	return property{heading: heading, values: []any{string(value)}, document: pretty(valid, text)}
}

// omitted says that the item had no room for something.
func omitted(is bool) string {
	if is {
		return "the item had no room for it"
	}
	return ""
}

// unknown tells of values that an item without them has.
func unknown(value any) bool {
	switch value := value.(type) {
	case time.Time:
		return value.IsZero()
	case int:
		return value == 0
	case time.Duration:
		return false
	}
	return value == nil || fmt.Sprint(value) == ""
}
