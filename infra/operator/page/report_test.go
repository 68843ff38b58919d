package page

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

type subcommands struct {
	Report Report `cmd:""`
}

func run(h *operatortest.History, args ...string) operatortest.Outcome {
	return operatortest.Run[subcommands](h.T, h.Surroundings, append([]string{"report"}, args...)...)
}

// TestReport writes a page with links to images, and dead letters where there are
// some to ask for.
func TestReport(t *testing.T) {
	h := operatortest.NewHistory(t)
	var uris []string
	for n := range maxImages + 1 {
		uris = append(uris, fmt.Sprintf("s3://images/%d.png", n+1))
	}
	h.Deliver(h.Record(time.Minute, `{"id":"many","result":true,"image_url":["s3://out/1.png"]}`), 0,
		tasktable.Delivery{Status: tasktable.Delivered, URIs: uris})
	path := filepath.Join(t.TempDir(), "page.html")
	got := run(h, "--file", path, "--since", "2h", "--limit", "5")
	if got.Code != 0 || got.Out != path+" has 5 tasks and 0 dead letters.\n" {
		t.Fatalf("got %+v", got)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	if n := strings.Count(text, "<img "); n != maxImages+2 { // the history's own task has two
		t.Errorf("%d images", n)
	}
	for _, want := range []string{"X-Amz-Signature", "Only the newest 5 tasks are shown.", "s3://images/6.png",
		"The dead letters are not known"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("beside the page: %v, %v", files, err)
	}
	operatortest.WantFullDisk[subcommands](t, h.Surroundings, output.Formats, "report", "--file", path)
	for args, want := range map[string]string{
		"--expires 8d": "--expires must be from 1s to 7d", "--limit 0": "--limit must be at least 1",
	} {
		if got := run(h, strings.Fields(args)...); got.Code != 2 ||
			!strings.Contains(got.Progress, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	got = run(h, "--file", "/dev/null/x")
	if got.Code != 1 || !strings.Contains(got.Progress, "write the report") {
		t.Errorf("got %+v", got)
	}
}
