package announcement

import (
	"cmp"
	"encoding/json"
	"strings"
)

// isV0 reports whether a message has the format of the releases before 1.0: the answer
// of the image server, with the task's outcome among its parameters.
func isV0(fields map[string]json.RawMessage) bool {
	parameters := fields["parameters"]
	return fields["id"] == nil && fields["images"] != nil && len(parameters) > 0 && parameters[0] == '{'
}

// parseV0 parses a message of the releases before 1.0. Extra has the image server's
// parameters and error_msg. The fields images and info are always empty.
func parseV0(fields map[string]json.RawMessage) (Announcement, error) {
	parameters, err := splitObject(fields["parameters"])
	if err != nil {
		return Announcement{}, err
	}
	f := fieldReader{path: "parameters.", fields: parameters}
	a := Announcement{TaskID: f.id("id_task")}
	switch status := string(f.raw("status")); status {
	case "1":
		a.Status = Completed
	case "0":
		a.Status = Failed
	default:
		f.fail("status", "must be 1 for success or 0 for failure, but is %s", cmp.Or(clip(status), "missing"))
	}
	// ControlNet adds the mask images to the requested images.
	a.ImageURLs = append(splitURLs(f.text("image_url")), splitURLs(f.text("image_mask_url"))...)
	if f.err != nil {
		return Announcement{}, f.err
	}
	if a.Status == Failed && parameters["error_msg"] != nil {
		a.Error = ReportedError(fields["parameters"]) // Extra has it as it is
	}
	if len(parameters) > 0 {
		a.Extra = parameters
	}
	return a, nil
}

// splitURLs splits URLs joined by commas. It assumes that a key may contain commas,
// but not ",s3://".
func splitURLs(joined string) []string {
	if joined == "" {
		return []string{}
	}
	const scheme = "s3://"
	urls := strings.Split(joined, ","+scheme)
	for i := 1; i < len(urls); i++ {
		urls[i] = scheme + urls[i]
	}
	return urls
}
