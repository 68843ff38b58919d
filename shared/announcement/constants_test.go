package announcement_test

import (
	"errors"
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
)

// TestConstants: NaN and infinities are accepted as values, and nowhere else, as in
// Python's json.loads.
func TestConstants(t *testing.T) {
	for name, test := range map[string]struct {
		context string
		ok      bool
	}{
		"OK":                 {`NaN`, true},
		"OKNested":           {`{"cfg": Infinity, "loss": NaN, "low": [-Infinity,NaN]}`, true},
		"OKSpaces":           {" [ NaN ,\n Infinity ] ", true},
		"OKInStrings":        {`"NaN, \"Infinity\", \\"`, true},
		"OKBesideStrings":    {`["NaN", NaN, "\\", Infinity]`, true},
		"OKLoneSurrogate":    {`["\ud800", NaN]`, true},
		"ErrOtherCase":       {`nan`, false},
		"ErrCut":             {`Infinit`, false},
		"ErrPlus":            {`+Infinity`, false},
		"ErrMinusNaN":        {`-NaN`, false},
		"ErrTwoMinuses":      {`--Infinity`, false},
		"ErrMinusSpace":      {`- Infinity`, false},
		"ErrAfterNumber":     {`5NaN`, false},
		"ErrBeforeNumber":    {`NaN5`, false},
		"ErrBeforeWord":      {`Infinitytrue`, false},
		"ErrTwice":           {`NaNNaN`, false},
		"ErrName":            {`{NaN:1}`, false},
		"ErrInEscape":        {`"\NaN"`, false},
		"ErrInUnicodeEscape": {`"\uNaN0"`, false},
		"ErrElsewhere":       {`[NaN, 01]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := announcement.Parse([]byte(`{"id":"a","result":true,"context":` + test.context + `,"x":NaN}`))
			var invalid *announcement.InvalidError
			switch {
			case !test.ok && !errors.As(err, &invalid):
				t.Errorf("error is %v", err)
			case test.ok && err != nil:
				t.Error(err)
			case test.ok && (string(a.Context) != strings.TrimSpace(test.context) || string(a.Extra["x"]) != "NaN"):
				t.Errorf("context is %q, extra is %q", a.Context, a.Extra)
			}
		})
	}
}

// TestDeepNesting: encoding/json refuses more than 10,000 levels, and so does
// Parse, with and without constants. Python writes a thousand at most.
func TestDeepNesting(t *testing.T) {
	nested := func(levels int, innermost string) []byte {
		return []byte(`{"id":"a","result":true,"context":` +
			strings.Repeat("[", levels) + innermost + strings.Repeat("]", levels) + `}`)
	}
	for name, test := range map[string]struct {
		message []byte
		ok      bool
	}{
		"OK":             {nested(9_000, ""), true},
		"OKConstant":     {nested(9_000, "NaN"), true},
		"ErrTooDeep":     {nested(10_001, ""), false},
		"ErrMuchTooDeep": {nested(1_000_000, "NaN"), false},
		"ErrNeverClosed": {[]byte(`{"id":NaN,"context":` + strings.Repeat(`{"a":[`, 1_000_000)), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := announcement.Parse(test.message)
			var invalid *announcement.InvalidError
			if test.ok != (err == nil) || err != nil && !errors.As(err, &invalid) {
				t.Errorf("error is %v", err)
			}
		})
	}
}
