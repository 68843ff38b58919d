package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// maxInline is the longest JSON, in bytes, that stays on one line.
const maxInline = 100

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// lines are the template's properties, sorted, one a line: "/Resources/ID/Properties/NAME VALUE". In a path, = stands
// before the fields of JSON within a text, such as a dashboard's body.
func (tpl template) lines(t *testing.T) (lines []string) {
	t.Helper()
	var root any
	if err := json.Unmarshal(assetHash.ReplaceAll(tpl.text, []byte("HASH")), &root); err != nil {
		t.Fatal(err)
	}
	var add func(path string, value any)
	add = func(path string, value any) {
		value = joined(value)
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			t.Fatal(err)
		}
		if container, ok := value.(map[string]any); ok && text.Len() > maxInline {
			for name, element := range container {
				add(path+"/"+name, element)
			}
			return
		}
		if list, ok := value.([]any); ok && text.Len() > maxInline {
			for i, element := range list {
				add(path+"/"+strconv.Itoa(i), element)
			}
			return
		}
		lines = append(lines, path+" "+text.String())
	}
	add("", root)
	slices.Sort(lines)
	return lines
}

// joined turns {"Fn::Join": ["", …]} into the equivalent {"Fn::Sub": …}, which is shorter, and a text that is a JSON
// object into {"=": …}.
func joined(value any) any {
	switch value := value.(type) {
	case string:
		var object map[string]any
		if json.Unmarshal([]byte(value), &object) == nil {
			return map[string]any{"=": object}
		}
	case map[string]any:
		join, ok := value["Fn::Join"].([]any)
		if !ok || join[0] != "" {
			break
		}
		var text strings.Builder
		for _, piece := range join[1].([]any) {
			switch piece := piece.(type) {
			case string:
				text.WriteString(strings.ReplaceAll(piece, "${", "${!"))
			case map[string]any:
				if id, ok := piece["Ref"]; ok {
					fmt.Fprintf(&text, "${%s}", id)
				} else {
					attribute := piece["Fn::GetAtt"].([]any)
					fmt.Fprintf(&text, "${%s.%s}", attribute...)
				}
			}
		}
		return map[string]any{"Fn::Sub": text.String()}
	}
	return value
}

// difference returns the lines that are in only one of two lists, marked as diff marks them.
func difference(from, to []string) (lines []string) {
	for _, line := range from {
		if !slices.Contains(to, line) {
			lines = append(lines, "-"+line)
		}
	}
	for _, line := range to {
		if !slices.Contains(from, line) {
			lines = append(lines, "+"+line)
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int {
		before, _, _ := strings.Cut(a[1:], " ")
		after, _, _ := strings.Cut(b[1:], " ")
		return strings.Compare(before, after)
	})
	return lines
}
