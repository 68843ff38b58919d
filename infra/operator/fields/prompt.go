package fields

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"sdtasktracker/shared/announcement"
)

// maxPromptBytes is how many bytes of a prompt lists show.
const maxPromptBytes = 200

// Prompt returns the beginning of the prompt in a request that [announcement.AskedOf] made: the SD Web UI's prompt, or
// the texts in a ComfyUI workflow. It returns "" if the request has no prompt.
func Prompt(request json.RawMessage) string {
	var asked struct {
		Prompt   string `json:"prompt"`
		Workflow any    `json:"workflow"`
	}
	_ = json.Unmarshal(request, &asked) // a request that is not JSON has no prompt
	if asked.Prompt == "" {
		asked.Prompt = strings.Join(texts(asked.Workflow), "; ")
	}
	return announcement.Clip(asked.Prompt, maxPromptBytes)
}

// texts returns the strings named "text" in a value, such as the inputs of ComfyUI's CLIPTextEncode, ordered by name.
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
