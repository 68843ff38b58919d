package announcement_test

import (
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
)

// manyDigits are more than an int64 or a float64 holds.
const manyDigits = "100000355159719227200123456789012345678901234567890123456789012345"

// idTests are ids in JSON, and the text that Python's str makes of each after
// json.loads.
var idTests = map[string]string{
	`"a"`:                   "a",
	`"\ud83d\ude00 \ufffd"`: "\U0001F600 \uFFFD",
	`"\\ud800"`:             `\ud800`,
	`7`:                     "7",
	`-7`:                    "-7",
	`0`:                     "0",
	`-0`:                    "0",
	`9007199254740993`:      "9007199254740993",
	manyDigits:              manyDigits,

	`true`:      "True",
	`false`:     "False",
	`NaN`:       "nan",
	`Infinity`:  "inf",
	`-Infinity`: "-inf",

	`0.5`:                                  "0.5",
	`7.0`:                                  "7.0",
	`7.10`:                                 "7.1",
	`-0.0`:                                 "-0.0",
	`0e5`:                                  "0.0",
	`1e3`:                                  "1000.0",
	`1E15`:                                 "1000000000000000.0",
	`1E16`:                                 "1e+16",
	`123456789012345678.0`:                 "1.2345678901234568e+17",
	`0.0001`:                               "0.0001",
	`0.00001`:                              "1e-05",
	`0.1000000000000000055511151231257827`: "0.1",
	`9007199254740993.0`:                   "9007199254740992.0",
	`5e-324`:                               "5e-324",
	`1e-400`:                               "0.0",
	`1e400`:                                "inf",
	`-1e400`:                               "-inf",
}

func TestIDs(t *testing.T) {
	for literal, want := range idTests {
		a, err := announcement.Parse([]byte(`{"id": ` + literal + `, "result": true}`))
		if err != nil || a.TaskID != want {
			t.Errorf("%s: got %q, %v; want %q", literal, a.TaskID, err, want)
		}
	}
}

func TestAnnouncedID(t *testing.T) {
	for name, test := range map[string]struct{ id, want string }{
		"OKShort":              {"a", "a"},
		"OK64Characters":       {strings.Repeat("é", 64), strings.Repeat("é", 64)},
		"OKCut":                {strings.Repeat("x", 65), strings.Repeat("x", 64)},
		"OKCharactersNotBytes": {strings.Repeat("\U0001F600", 63) + "abc", strings.Repeat("\U0001F600", 63) + "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := announcement.AnnouncedID(test.id); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
