package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReport writes a page with links to images, and dead letters where there are
// some to ask for.
func TestReport(t *testing.T) {
	h, _ := newDelivered(t, "1.png", "2.png", "3.png", "4.png", "5.png", "6.png", "7.png")
	path := filepath.Join(t.TempDir(), "page.html")
	got := h.run("report", "--file", path, "--since", "2h", "--limit", "5")
	if got.code != 0 || got.out != path+" has 5 tasks and 0 dead letters.\n" {
		t.Fatalf("got %+v", got)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	if n := strings.Count(text, "<img "); n != shownImages+2 { // the history's own task has two
		t.Errorf("%d images", n)
	}
	for _, want := range []string{"X-Amz-Signature", "These are the newest 5 tasks", "The dead letters are not known",
		"s3://images/6.png"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("beside the page: %v, %v", files, err)
	}
	for args, want := range map[string]string{
		"--expires 8d": "--expires is not from 1s", "--limit 0": "--limit is not positive",
	} {
		if got := h.run(append([]string{"report"}, strings.Fields(args)...)...); got.code != 2 ||
			!strings.Contains(got.progress, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	if got := h.run(
		"report",
		"--file",
		"/dev/null/x",
	); got.code != 1 ||
		!strings.Contains(got.progress, "write the report") {
		t.Errorf("got %+v", got)
	}
}
