package main

import "testing"

func TestCaller(t *testing.T) {
	for name, test := range map[string]struct {
		path, message, want string
		counted             any
	}{
		"OK":          {"tenant.id", `{"id":"a","result":true,"context":{"tenant":{"id":7}}}`, "7", nil},
		"NoneMissing": {"user", `{"id":"a","result":true,"context":""}`, "", 1.0},
		"NoneLost":    {"user", `{"id":"a","result":true,"source":"reconcile"}`, "", nil},
		"NoneUnasked": {"", `{"id":"a","result":true,"context":{"user":"u"}}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Environment.CallerContext = test.path
			if err := f.Handle(t.Context(), event(test.message)); err != nil {
				t.Fatal(err)
			}
			if got := f.task(t, "a").Caller; got != test.want {
				t.Errorf("the caller is %q, want %q", got, test.want)
			}
			if line := f.lines(t)[0]; line["WithoutCaller"] != test.counted || line["caller"] != nil {
				t.Errorf("the log says %v", line)
			}
		})
	}
}
