package tasktable

import (
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var nines = strings.Repeat("9", 38)

const digits38 = "12345678901234567890123456789012345678"

var documentTests = map[string]struct {
	in, want string // no want: not native
}{
	"an integer keeps its digits":   {"9007199254740993", "9007199254740993"},
	"38 digits":                     {"-" + digits38, "-" + digits38},
	"39 digits":                     {in: digits38 + "9"},
	"39 digits but one significant": {"0.1" + strings.Repeat("0", 38), "1E-1"},
	"a fraction":                    {"0.0001", "0.0001"},
	"an exponent":                   {"12.50e+3", "125E2"},
	"zero of any length":            {"-0.000e999999999999", "0"},
	"the greatest magnitude":        {"9.99e37", "999E35"},
	"38 nines":                      {nines, nines},
	"beyond it":                     {in: "1e38"},
	"beyond it, with all zeros":     {in: "-100000000000000000000000000000000000000"},
	"DynamoDB's greatest":           {in: "9.99e125"},
	"too small with 38 digits":      {in: digits38 + "e-166"},
	"as small with 37 digits":       {digits38[:37] + "e-165", digits38[:37] + "E-165"},
	"the least last digit":          {digits38 + "e-165", digits38 + "E-165"},
	"NaN":                           {in: "NaN"},
	"an infinity, nested":           {in: `{"a":[1,-Infinity]}`},
	"the least magnitude":           {"1e-130", "1E-130"},
	"below it":                      {in: "9.9e-131"},
	"an exponent beyond an int":     {in: "1e99999999999999999999"},
	"a surrogate pair":              {`"\ud83d\ude00"`, "\U0001F600"},
	"a lone high surrogate":         {in: `"\ud83d"`},
	"a high surrogate and a letter": {in: `"\ud83da"`},
	"two high surrogates":           {in: `"\ud83d\ud83d\ude00"`},
	"a lone low surrogate":          {in: `"\ude00\ud83d"`},
	"an escaped backslash before u": {`"\\ud83d"`, `\ud83d`},
	"bytes that are not UTF-8":      {in: "\"\xff\""},
	"equal names":                   {in: `{"a":1,"\u0061":2}`},
	"an empty name":                 {in: `{"":1}`},
	"32 levels":                     {strings.Repeat("[", 32) + strings.Repeat("]", 32), "[]"},
	"33 levels":                     {in: strings.Repeat("[", 33) + strings.Repeat("]", 33)},
}

func TestFromJSON(t *testing.T) {
	for name, test := range documentTests {
		t.Run(name, func(t *testing.T) {
			value, err := fromJSON(json.RawMessage(test.in))
			if test.want == "" {
				if !errors.Is(err, errNotNative) {
					t.Errorf("got %v, %v; want it refused", value, err)
				}
				return
			}
			got := ""
			switch v := value.(type) {
			case *types.AttributeValueMemberN:
				got = v.Value
			case *types.AttributeValueMemberS:
				got = v.Value
			case *types.AttributeValueMemberL:
				got = "[]" // its elements are what the round trip checks
			}
			if err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

// FuzzDocument checks the round trip: a converted document comes back equal as
// JSON, digit for digit; any other is refused with errNotNative.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		`{"user":"u-17","order":9007199254740993}`, `""`, `null`, `[1e2,0.10,-0,1E-130]`, `"\ud800"`,
		`{"a":{"b":[true,false,null,""]}}`, `{"a":1,"a":1}`, `[[[[[[]]]]]]`, `"\\ud800"`, "\"\xff\"",
		`123456789012345678901234567890123456789`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		value, err := fromJSON(in)
		if !json.Valid(in) && err == nil {
			return // a value with something after it, which a field can't be
		}
		if err != nil {
			if !errors.Is(err, errNotNative) {
				t.Fatalf("%s: %v", in, err)
			}
			return
		}
		out := toJSON(value)
		if !reflect.DeepEqual(exact(t, in), exact(t, out)) {
			t.Errorf("%s became %s", in, out)
		}
	})
}

// exact parses JSON with numbers as rationals, so that 1e2 equals 100.
func exact(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case json.Number:
			if digits, exponent, ok := significant(v.String()); !ok || digits == "" || exponent > 200 || exponent < -200 {
				return "0" // a zero, however it is written: all others were refused
			}
			rational, ok := new(big.Rat).SetString(v.String())
			if !ok {
				t.Fatalf("number %s", v)
			}
			return rational.String()
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for name := range v {
				v[name] = walk(v[name])
			}
		}
		return v
	}
	return walk(value)
}
