package announcement_test

import (
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
)

func TestContextText(t *testing.T) {
	longest := strings.Repeat("é", announcement.MaxCallerBytes/2)
	deep := strings.Repeat(`{"a":`, 60) + "7" + strings.Repeat("}", 60)
	for name, test := range map[string]struct{ context, path, want string }{
		"OK":              {`{"user":"u-17","a":1}`, "user", "u-17"},
		"OKInside":        {`{"tenant":{"id":"t-1"},"id":"no"}`, "tenant.id", "t-1"},
		"OKNumber":        {`{"user":100000355159719227200}`, "user", "100000355159719227200"},
		"OKBoolean":       {`{"user":true}`, "user", "True"},
		"OKBesideNaN":     {`{"x":[NaN,-Infinity],"user":"u"}`, "user", "u"},
		"OKEscaped":       {`{"us\u0065r":"\u00fc\n"}`, "user", "ü\n"},
		"OKDeep":          {deep, "a" + strings.Repeat(".a", 59), "7"},
		"OKLongest":       {`{"user":"` + longest + `"}`, "user", longest},
		"NoneLonger":      {`{"user":"` + longest + `x"}`, "user", ""},
		"NoneOfNoPath":    {`{"":"u"}`, "", ""},
		"NoneMissing":     {`{"use":"u"}`, "user", ""},
		"NoneEmpty":       {`{"user":""}`, "user", ""},
		"NoneNull":        {`{"user":null}`, "user", ""},
		"NoneList":        {`{"user":["u"]}`, "user", ""},
		"NoneObject":      {`{"user":{"id":7}}`, "user", ""},
		"NoneBelowText":   {`{"user":"u"}`, "user.id", ""},
		"NoneTwice":       {`{"user":"u","user":"v"}`, "user", ""},
		"NoneNotUnicode":  {`{"user":"\ud800"}`, "user", ""},
		"NoneOfText":      {`""`, "user", ""},
		"NoneWithoutAny":  {"", "user", ""},
		"NoneOtherLetter": {`{"User":"u"}`, "user", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := announcement.Announcement{Context: []byte(test.context)}
			if got, ok := a.ContextText(test.path); ok != (test.want != "") || got != test.want {
				t.Errorf("got %q, %t, want %q", got, ok, test.want)
			}
		})
	}
}
