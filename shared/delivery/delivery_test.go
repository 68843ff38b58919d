package delivery_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
)

func TestURIs(t *testing.T) {
	images, output := []string{"s3://b/1.png", "s3://b/2.png"}, "s3://b/t.out"
	for name, test := range map[string]struct {
		a                   announcement.Announcement
		without, withOutput []string // nil if the announcement needs no delivery
	}{
		"Completed": {
			announcement.Announcement{Status: announcement.Completed, ImageURLs: images, OutputURL: output},
			images, []string{images[0], images[1], output},
		},
		"CompletedWithoutOutput": {
			announcement.Announcement{Status: announcement.Completed, ImageURLs: images}, images, images,
		},
		"CompletedWithoutImages": {
			announcement.Announcement{Status: announcement.Completed, OutputURL: output}, []string{}, []string{output},
		},
		"Failed": {
			announcement.Announcement{Status: announcement.Failed, ImageURLs: images, OutputURL: output},
			nil, []string{output},
		},
		"FailedWithoutOutput": {announcement.Announcement{Status: announcement.Failed}, nil, nil},
		"Running":             {announcement.Announcement{Status: announcement.Running, OutputURL: output}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for withOutput, want := range map[bool][]string{false: test.without, true: test.withOutput} {
				got, ok := delivery.URIs(test.a, withOutput)
				if !slices.Equal(got, want) || ok != (want != nil) {
					t.Errorf("with output %t: got %q, %t, want %q", withOutput, got, ok, want)
				}
			}
		})
	}
}

func TestPrefix(t *testing.T) {
	unclosed := delivery.Prefix("{task_id}{runtime", announcement.Announcement{TaskID: "a"})
	if unclosed != "a{runtime" {
		t.Errorf("an unclosed placeholder becomes %q", unclosed)
	}
	for value, want := range map[string]string{
		"task-1": "task-1", "ünï": "ünï", "a b": "a b", "": "_", ".": "_.", "..": "_..",
		"a/../b": "a_.._b", "/": "_", `\`: "_", "a\x00\n": "a__", "{runtime}": "{runtime}",
	} {
		a := announcement.Announcement{TaskID: value, Runtime: value}
		if got := delivery.Prefix("x/{task_id}-{runtime}/{other}", a); got != "x/"+want+"-"+want+"/{other}" {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}

func TestPrefixOfDateAndContext(t *testing.T) {
	late := time.Date(2026, 11, 27, 23, 59, 59, 0, time.FixedZone("", -3600)) // the 28th in UTC
	for context, want := range map[string]string{
		`{"user":"ann","tenant":{"id":7}}`:         "2026-11-28/ann/7/",
		`{"user":"../x","tenant":{"id":"{date}"}}`: "2026-11-28/.._x/{date}/",
		`{"user":["ann"],"tenant":7}`:              "2026-11-28/_/_/",
		"":                                         "2026-11-28/_/_/",
	} {
		a := announcement.Announcement{PublishedAt: late, Context: []byte(context)}
		if got := delivery.Prefix("{date}/{context.user}/{context.tenant.id}/", a); got != want {
			t.Errorf("with %s it is %q, want %q", context, got, want)
		}
	}
}

func TestUnnamed(t *testing.T) {
	for key, want := range map[string]string{
		"t/t-0f3c-1None":   "t/t-0f3c-1", // as the guidance writes it
		"t/t-0f3c-300None": "t/t-0f3c-300",
		"t/t-0f3c-1.None":  "t/t-0f3c-1",
		"a.None.None":      "a.None",
		"a.None":           "a",
		"-1None":           "-1",
		"t/t-0f3c-1.png":   "", "t/t-0f3cNone": "", "aNone": "", "None": "", ".None": "", "a/.None": "", "a/None": "",
		"t/t-0f3c-1.none": "", "t/t-0f3c-1None/": "", "t/t-0f3c-None": "", "t-1None/b.png": "", "": "",
	} {
		stem, ok := delivery.Unnamed(key)
		if stem != want || ok != (want != "") {
			t.Errorf("of %q, the stem is %q, %t", key, stem, ok)
		}
		if ok && !strings.HasPrefix(key, stem) {
			t.Errorf("%q does not begin with %q", key, stem)
		}
	}
}

func TestSplitURI(t *testing.T) {
	for uri, want := range map[string]struct {
		bucket, key string
		ok          bool
	}{
		"s3://images/a/1.png": {"images", "a/1.png", true},
		"s3://images//a?b#c%": {"images", "/a?b#c%", true},
		"s3://images":         {"images", "", false},
		"s3://images/":        {"images", "", false},
		"s3:///a":             {"", "a", false},
		"images/a":            {"images", "a", false},
	} {
		if bucket, key, ok := delivery.SplitURI(uri); bucket != want.bucket || key != want.key || ok != want.ok {
			t.Errorf("%s is %q, %q, %t", uri, bucket, key, ok)
		}
	}
}
