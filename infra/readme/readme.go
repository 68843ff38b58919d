// Package readme reads tables in the project's Markdown files, for tests that compare them with the code.
package readme

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/local/prepare"
)

var inBackticks = regexp.MustCompile("`([^`]+)`")

// Names returns, sorted, the names in backticks in the first column of the table below a second-level heading. The path
// is relative to the project's root. The test fails if the table is missing.
func Names(t testing.TB, path, heading string) []string {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(prepare.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(document), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, name := range inBackticks.FindAllStringSubmatch(cells[1], -1) {
				names = append(names, name[1])
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s has no table of names below the heading %q", path, heading)
	}
	slices.Sort(names)
	return names
}
