package stack

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// goldenTemplate is a golden template as JSON. The default golden file has one property a line. Each of the others has
// the lines that differ from the default ones: removed (-), and then added (+).
func goldenTemplate(t *testing.T, name string) []byte {
	t.Helper()
	values := map[string]string{} // JSON by path
	for _, file := range []string{"default", name} {
		text, err := os.ReadFile("../../cdk/testdata/" + file + ".golden")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			path, value, _ := strings.Cut(strings.TrimLeft(line, "+-"), " ")
			if values[path] = value; line[0] == '-' {
				delete(values, path)
			}
		}
	}
	root := map[string]any{}
	for path, text := range values {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		steps := strings.Split(path[1:], "/")
		node := root
		for _, step := range steps[:len(steps)-1] {
			if node[step] == nil {
				node[step] = map[string]any{}
			}
			node = node[step].(map[string]any)
		}
		node[steps[len(steps)-1]] = value
	}
	template, err := json.Marshal(original(root))
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// original turns objects whose names are 0, 1, … into lists, {"=": …} into text, and Fn::Sub into what the template
// has: Fn::Join.
func original(value any) any {
	if inline, ok := value.([]any); ok {
		for i, element := range inline {
			inline[i] = original(element)
		}
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	if inText, ok := object["="]; ok {
		text, _ := json.Marshal(original(inText)) // which was JSON
		return string(text)
	}
	var list []any
	for name, element := range object {
		object[name] = original(element)
	}
	if text, ok := object["Fn::Sub"].(string); ok {
		return join(text)
	}
	for element, ok := object["0"]; ok; element, ok = object[strconv.Itoa(len(list))] {
		list = append(list, element)
	}
	if list != nil {
		return list
	}
	return object
}

// join turns text with ${ID.Attribute} and ${ID} in it into Fn::Join.
func join(text string) map[string]any {
	parts := []any{}
	for i, part := range strings.Split(text, "${") {
		reference, rest, isReference := strings.Cut(part, "}")
		if id, attribute, ok := strings.Cut(reference, "."); i > 0 && ok {
			parts = append(parts, map[string]any{"Fn::GetAtt": []any{id, attribute}})
		} else if i > 0 && isReference {
			parts = append(parts, map[string]any{"Ref": reference})
		} else {
			rest = part
		}
		parts = append(parts, rest)
	}
	return map[string]any{"Fn::Join": []any{"", parts}}
}
