package announcement

// Parse parses a message in any of the guidance's formats:
//
//	v0       images, info, and parameters: id_task, status 0 or 1, image_url
//	v1       id, result, image_url, output_url, context
//	v2       v1 with runtime
//	v3       v2 with status
//	running  runtime, id, status "running", context
//
// A reconstructed announcement has the format v3, and the source "reconcile". A null
// field counts as missing. The id may be any JSON scalar; it becomes the text that
// the guidance uses in the keys of the task's objects. The context and unknown fields
// may have NaN, Infinity and -Infinity, which Python's json.dumps writes although
// they are not JSON.
//
// The error is an [*InvalidError].
func Parse(message []byte) (Announcement, error) {
	fields, err := splitObject(message)
	if err != nil {
		return Announcement{}, err
	}
	if isV0(fields) {
		return parseV0(fields)
	}
	f := fieldReader{fields: fields}
	a := Announcement{
		TaskID:    f.id("id"),
		Status:    Status(f.text("status")),
		Runtime:   f.text("runtime"),
		ImageURLs: f.texts("image_url"),
		OutputURL: f.text("output_url"),
		Context:   f.raw("context"),
	}
	if string(fields["source"]) == `"`+Reconciled+`"` { // only our own marker counts
		a.Source = f.text("source")
	}
	result := f.boolean("result")
	if f.err != nil {
		return Announcement{}, f.err
	}
	if a.Status, err = settleStatus(a.Status, result); err != nil {
		return Announcement{}, err
	}
	if a.Status == Running && len(a.ImageURLs) > 0 {
		return Announcement{}, invalid("image_url", "lists images although the status is %q", Running)
	}
	if len(fields) > 0 {
		a.Extra = fields
	}
	return a, nil
}

// settleStatus derives the status from the result in messages that predate the
// status. It returns an error if status and result contradict each other.
func settleStatus(status Status, result *bool) (Status, error) {
	switch status {
	case "":
		switch {
		case result == nil:
			return "", invalid("status", "and result are both missing: one of them must say how the task went")
		case *result:
			return Completed, nil
		default:
			return Failed, nil
		}
	case Running:
		if result != nil {
			return "", invalid("result", "is %t although the status is %q", *result, status)
		}
	case Completed, Failed:
		if result != nil && *result != (status == Completed) {
			return "", invalid("result", "is %t although the status is %q", *result, status)
		}
	default:
		return "", invalid("status", "is %q: it must be %q, %q or %q", clip(string(status)), Running, Completed, Failed)
	}
	return status, nil
}
