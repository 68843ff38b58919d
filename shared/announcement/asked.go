package announcement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// MaxRequestBytes is the maximum length of [Announcement.Request], in bytes.
const MaxRequestBytes = 16 << 10

// The maximum lengths of a request's parts, in bytes of JSON.
const (
	maxPromptBytes   = 5 << 10
	maxShortBytes    = 256
	maxWorkflowBytes = MaxRequestBytes - 2*maxShortBytes
)

// asked has the parameters of the SD Web UI that [Announcement.Request] keeps, in the order in which
// people read them. parameters are the names that a parameter may have; the last one present counts.
var asked = []struct {
	name       string
	parameters []string
	max        int
}{
	{"prompt", []string{"prompt"}, maxPromptBytes},
	{"negative_prompt", []string{"negative_prompt"}, maxPromptBytes},
	{"seed", []string{"seed", "image_seed"}, maxShortBytes},
	{"steps", []string{"steps"}, maxShortBytes},
	{"width", []string{"width"}, maxShortBytes},
	{"height", []string{"height"}, maxShortBytes},
	{"sampler", []string{"sampler_index", "sampler_name"}, maxShortBytes},
	{"model", []string{"sd_model_checkpoint"}, maxShortBytes},
}

// AskedOf returns what a request asks for, as a JSON object of at most [MaxRequestBytes]; "" if the
// content is missing. For the SD Web UI, the object has the task type, the prompts, the seed, the
// steps, the size, the sampler and the model. For any other runtime, it has the task type and the
// whole content as "workflow": as JSON, or as the beginning of its text if it is too long or not
// JSON. Images are left out.
func AskedOf(taskType string, content []byte) string {
	if len(content) == 0 || string(content) == "null" {
		return ""
	}
	all := member("task_type", quoted(taskType, maxShortBytes))
	found := parameters(content)
	if prompt := found["prompt"]; len(prompt) > 0 && prompt[0] == '"' {
		all = append(all, webUI(found)...)
	} else {
		all = append(all, member("workflow", workflow(content))...)
	}
	return object(all)
}

// AskedByOutput returns what a task was asked for according to a raw output of the SD Web UI, or the
// beginning of one: its parameters, and the actual seed. For any other output it returns "".
func AskedByOutput(output []byte) string {
	return object(webUI(parameters(members(output)["parameters"])))
}

// parameters returns the members of an object. It adds the model that a nested object names.
func parameters(object []byte) map[string]json.RawMessage {
	found := members(object)
	for _, name := range []string{"alwayson_scripts", "override_settings"} {
		if model, ok := members(found[name])["sd_model_checkpoint"]; ok {
			found["sd_model_checkpoint"] = model
		}
	}
	return found
}

// webUI returns the kept parameters of the SD Web UI as members of a JSON object.
func webUI(found map[string]json.RawMessage) (all []string) {
	for _, parameter := range asked {
		value := ""
		for _, name := range parameter.parameters {
			value = cmp.Or(scalar(found[name], parameter.max), value)
		}
		all = append(all, member(parameter.name, value)...)
	}
	return all
}

// member returns one member of a JSON object, or none if the value is "".
func member(name, value string) []string {
	if value == "" {
		return nil
	}
	return []string{`"` + name + `":` + value}
}

// object returns a JSON object with the members; "" without members.
func object(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "{" + strings.Join(all, ",") + "}"
}

// scalar returns a string or a number as JSON, and "" for an empty string, an image, and any other
// value.
func scalar(value json.RawMessage, max int) string {
	var text string
	switch {
	case len(value) == 0 || isImage(value):
		return ""
	case value[0] == '"':
		if json.Unmarshal(value, &text) != nil {
			return ""
		}
		return quoted(text, max)
	case len(value) <= max && strings.IndexByte("-0123456789", value[0]) >= 0 && json.Valid(value):
		return string(value)
	}
	return ""
}

// quoted returns a text as a JSON string of at most max bytes; "" for an empty text.
func quoted(text string, max int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	for room := max; text != ""; room = room * 3 / 4 {
		text = Clip(text, room)
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(text) == nil && b.Len()-len("\n") <= max {
			return strings.TrimSuffix(b.String(), "\n")
		}
	}
	return ""
}

// workflow returns the content without its images.
func workflow(content []byte) string {
	text := withoutImages(content)
	var compact bytes.Buffer
	if json.Compact(&compact, text) == nil && compact.Len() <= maxWorkflowBytes && !HasLoneSurrogate(text) {
		return strings.ToValidUTF8(compact.String(), "\uFFFD")
	}
	return quoted(string(text), maxWorkflowBytes)
}

// withoutImages replaces the images in a JSON text.
func withoutImages(text []byte) []byte {
	var kept []byte
	for {
		start := bytes.IndexByte(text, '"')
		if start < 0 {
			return append(kept, text...)
		}
		end := start + 1
		for end < len(text) && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(text))
		kept = append(kept, text[:start]...)
		if literal := text[start:end]; isImage(literal) {
			kept = append(kept, `"(an image)"`...)
		} else {
			kept = append(kept, literal...)
		}
		text = text[end:]
	}
}

// imageStarts are the beginnings of a data URL, and of PNG, JPEG, GIF and WebP in base64.
var imageStarts = []string{"data:", "iVBOR", "/9j/", "R0lGOD", "UklGR"}

// A string with this many base64 characters in a row, at its beginning or anywhere, is a file: people
// don't write such texts.
const (
	base64AtStart  = 80
	base64Anywhere = 200
)

// isImage reports whether a JSON string has an image or another file. It ignores backslashes: the string may escape
// slashes and line ends, and may contain JSON.
func isImage(value []byte) bool {
	literal, isString := strings.CutPrefix(string(value), `"`)
	if !isString {
		return false
	}
	text := strings.ReplaceAll(literal, `\`, "")
	begins := func(start string) bool { return strings.HasPrefix(text, start) }
	if slices.ContainsFunc(imageStarts, begins) || strings.Contains(text, ";base64,") {
		return true
	}
	for run := range strings.FieldsFuncSeq(text, isNotBase64) {
		if len(run) >= base64Anywhere || len(run) >= base64AtStart && begins(run) {
			return true
		}
	}
	return false
}

func isNotBase64(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+/=_-", r)
}
