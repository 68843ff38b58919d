package deliverykey_test

import (
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deliverykey"
)

func TestPrefix(t *testing.T) {
	for value, want := range map[string]string{
		"task-1": "task-1", "ünï": "ünï", "a b": "a b", "": "_", ".": "_.", "..": "_..",
		"a/../b": "a_.._b", "/": "_", `\`: "_", "a\x00\n": "a__", "{runtime}": "{runtime}",
	} {
		a := announcement.Announcement{TaskID: value, Runtime: value}
		if got := deliverykey.Prefix("x/{task_id}-{runtime}/{other}", a); got != "x/"+want+"-"+want+"/{other}" {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}

func TestUnnamed(t *testing.T) {
	for key, want := range map[string]string{
		"t/t-0f3c-1None":   "t/t-0f3c-1", // as the publisher writes it
		"t/t-0f3c-300None": "t/t-0f3c-300",
		"t/t-0f3c-1.None":  "t/t-0f3c-1",
		"a.None.None":      "a.None",
		"a.None":           "a",
		"-1None":           "-1",
		"t/t-0f3c-1.png":   "", "t/t-0f3cNone": "", "aNone": "", "None": "", ".None": "", "a/.None": "", "a/None": "",
		"t/t-0f3c-1.none": "", "t/t-0f3c-1None/": "", "t/t-0f3c-None": "", "t-1None/b.png": "", "": "",
	} {
		stem, ok := deliverykey.Unnamed(key)
		if stem != want || ok != (want != "") {
			t.Errorf("of %q, the stem is %q, %t", key, stem, ok)
		}
		if ok && !strings.HasPrefix(key, stem) {
			t.Errorf("%q does not begin with %q", key, stem)
		}
	}
}
