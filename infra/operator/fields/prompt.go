package fields

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"sdtasktracker/shared/announcement"
)

// maxPromptBytes is how much of a prompt lists show.
const maxPromptBytes = 200

// Prompt is the beginning of what a task was asked to show, of a request as [announcement.AskedOf] makes it: the prompt
// of the SD Web UI, or the texts in a workflow of ComfyUI. It is "" if the request has none.
func Prompt(request json.RawMessage) string {
	var asked struct {
		Prompt   string `json:"prompt"`
		Workflow any    `json:"workflow"`
	}
	_ = json.Unmarshal(request, &asked) // a request that is no JSON has no prompt
	if asked.Prompt == "" {
		asked.Prompt = strings.Join(texts(asked.Workflow), "; ")
	}
	return announcement.Clip(asked.Prompt, maxPromptBytes)
}

// texts are the strings named "text" in a value, such as the inputs of ComfyUI's CLIPTextEncode, in the order of names.
func texts(value any) (found []string) {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			found = append(found, texts(element)...)
		}
	case map[string]any:
		if text, ok := value["text"].(string); ok && text != "" {
			found = append(found, text)
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			found = append(found, texts(value[name])...)
		}
	}
	return found
}
