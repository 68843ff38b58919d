package main

import (
	"slices"
	"strings"
	"testing"
)

func TestReadKey(t *testing.T) {
	for key, want := range map[string]struct {
		run   string
		image int
		id    string // "" if the keys don't give it
	}{
		"t/t-0f3c-1.png":                   {"t/t-0f3c", 1, "t"},
		"t/t-0f3c-12.jpe":                  {"t/t-0f3c", 12, "t"},
		"t/t-0f3c-1None":                   {"t/t-0f3c", 1, "t"},
		"t/t-0f3c-1.None":                  {"t/t-0f3c", 1, "t"},
		"t/t-0f3c.out":                     {"t/t-0f3c", 0, "t"},
		"out/x/t/t-0f3c.out":               {"out/x/t/t-0f3c", 0, "t"},
		"/t/t-0f3c.out":                    {"/t/t-0f3c", 0, "t"},
		"a//t/t-0f3c.out":                  {"a//t/t-0f3c", 0, "t"},
		"a/b/a/b-0f3c.out":                 {"a/b/a/b-0f3c", 0, "a/b"},
		"t-1234/t-1234-0f3c-1.png":         {"t-1234/t-1234-0f3c", 1, "t-1234"},
		"t-1234-5/t-1234-5-0f3c.out":       {"t-1234-5/t-1234-5-0f3c", 0, "t-1234-5"},
		"ünï/ünï-0f3c.out":                 {"ünï/ünï-0f3c", 0, "ünï"},
		"a b#?%/a b#?%-0f3c-1.png":         {"a b#?%/a b#?%-0f3c", 1, "a b#?%"},
		"line\nbreak/line\nbreak-0f3c.out": {"line\nbreak/line\nbreak-0f3c", 0, "line\nbreak"},
		"x/x/x/x-0f3c.out":                 {"x/x/x/x-0f3c", 0, ""}, // x below x/x, or x/x
		"a//-0f3c.out":                     {"a//-0f3c", 0, ""},     // an empty id
		"/-0f3c.out":                       {"/-0f3c", 0, ""},
		"t\xff/t\xff-0f3c.out":             {"t\xff/t\xff-0f3c", 0, ""},
	} {
		got, ok := readKey(key)
		if !ok || got.run != want.run || got.image != want.image {
			t.Errorf("%q is %+v, %t", key, got, ok)
			continue
		}
		if id, err := taskID(got.run); id != want.id || (err == nil) != (want.id != "") {
			t.Errorf("the id of %q is %q, %v", key, id, err)
		}
		if point := splitPoint(key); !strings.HasPrefix(got.run, point) {
			t.Errorf("%q is split at %q", key, point)
		}
	}
	for _, key := range []string{
		"", "t.out", "t-0f3c.out", "t/u-0f3c.out", "t/t-0F3C.out", "t/t-0f3.out", "t/t-0f3cd.out", "t/t-0f3c-0.png",
		"t/t-0f3c-01.png", "t/t-0f3c-1.", "t/t-0f3c-1", "t/t-0f3c-1.a/b", "t/t-0f3c-x.png", "t/t-0f3c-1.png.bak",
		"t/t-0f3c-1234567.png", "t/xt-0f3c.out", "xt/t-0f3c.out", "t/t-0f3c.OUT",
	} {
		if got, ok := readKey(key); ok {
			t.Errorf("%q is %+v", key, got)
		}
	}
}

// FuzzReadKey: the parts of a parsed key make up the key.
func FuzzReadKey(f *testing.F) {
	for _, seed := range []string{"t/t-0f3c-1.png", "a/b/a/b-0f3c.out", "x/x/x/x-0f3c.out", "//-0f3c.out",
		"t-0f3c-1/t-0f3c-1-0f3c.out"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		result, ok := readKey(key)
		if !ok {
			return
		}
		if !strings.HasPrefix(key, result.run) || !strings.HasPrefix(result.run, splitPoint(key)) {
			t.Errorf("%q is of run %q, and is split at %q", key, result.run, splitPoint(key))
		}
		ids := taskIDs(result.run)
		for _, id := range ids {
			named := id + "/" + id + result.run[len(result.run)-randomBytes:]
			if result.run != named && !strings.HasSuffix(result.run, "/"+named) {
				t.Errorf("%q has task %q", key, id)
			}
		}
		if id, err := taskID(result.run); err == nil && !slices.Equal(ids, []string{id}) {
			t.Errorf("%q has tasks %q", key, ids)
		}
	})
}
