package announcement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// MaxRequestBytes is the length of the longest [Announcement.Request], in bytes.
const MaxRequestBytes = 16 << 10

// The longest that the parts of a request get, in bytes of JSON.
const (
	maxPromptBytes   = 5 << 10
	maxShortBytes    = 256
	maxWorkflowBytes = MaxRequestBytes - 2*maxShortBytes
)

// asked are the parameters of the SD Web UI that a request keeps, in the order in which people read
// them: a name, and the parameter's names. The last name that the request has counts.
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

// AskedOf returns what a request asks for, as a JSON object of at most [MaxRequestBytes]; "" if its
// content is missing. Of a request to the SD Web UI it has the task type, the prompts, the seed, the
// steps, the size, the sampler and the model; of any other, the task type and the whole content as
// workflow, as JSON or, if that is too long or no JSON, the beginning of its text. Images are left out.
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

// AskedByOutput returns the same by a raw output of the SD Web UI, or as much of its beginning as was
// read: its parameters, and the seed that was used. Of any other it is "".
func AskedByOutput(output []byte) string {
	return object(webUI(parameters(members(output)["parameters"])))
}

// parameters are the members of an object, and the model that one of the objects in it names.
func parameters(object []byte) map[string]json.RawMessage {
	found := members(object)
	for _, name := range []string{"alwayson_scripts", "override_settings"} {
		if model, ok := members(found[name])["sd_model_checkpoint"]; ok {
			found["sd_model_checkpoint"] = model
		}
	}
	return found
}

// webUI returns what was asked for by the SD Web UI's parameters, as members of a JSON object.
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

// member returns one member of a JSON object, none if its value is "".
func member(name, value string) []string {
	if value == "" {
		return nil
	}
	return []string{`"` + name + `":` + value}
}

// object returns an object of members; "" if there are none.
func object(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return "{" + strings.Join(all, ",") + "}"
}

// scalar is a string or a number as JSON; "" for anything else, an empty string, and an image.
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

// quoted is a text as a JSON string of at most max bytes; "" if it is empty.
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

// workflow is a content without its images.
func workflow(content []byte) string {
	text := withoutImages(content)
	var compact bytes.Buffer
	if json.Compact(&compact, text) == nil && compact.Len() <= maxWorkflowBytes && !HasLoneSurrogate(text) {
		return strings.ToValidUTF8(compact.String(), "\uFFFD")
	}
	return quoted(string(text), maxWorkflowBytes)
}

// withoutImages replaces the strings in a JSON text that are images.
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

// imageStarts are how a data URL begins, and PNG, JPEG, GIF and WebP in base64.
var imageStarts = []string{"data:", "iVBOR", "/9j/", "R0lGOD", "UklGR"}

// So many characters of base64 in a row, no text of a person has at its beginning, or anywhere.
const (
	base64AtStart  = 80
	base64Anywhere = 200
)

// isImage reports whether a JSON string has an image, or another file. Backslashes don't count: slashes and the ends of
// lines may be escaped, and the string may have JSON in it.
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
