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
	"IntegerKeepsItsDigits":     {"9007199254740993", "9007199254740993"},
	"38Digits":                  {"-" + digits38, "-" + digits38},
	"39Digits":                  {in: digits38 + "9"},
	"39DigitsButOneSignificant": {"0.1" + strings.Repeat("0", 38), "1E-1"},
	"Fraction":                  {"0.0001", "0.0001"},
	"Exponent":                  {"12.50e+3", "125E2"},
	"ZeroOfAnyLength":           {"-0.000e999999999999", "0"},
	"GreatestMagnitude":         {"9.99e37", "999E35"},
	"38Nines":                   {nines, nines},
	"BeyondIt":                  {in: "1e38"},
	"BeyondItWithAllZeros":      {in: "-100000000000000000000000000000000000000"},
	"DynamoDBsGreatest":         {in: "9.99e125"},
	"TooSmallWith38Digits":      {in: digits38 + "e-166"},
	"AsSmallWith37Digits":       {digits38[:37] + "e-165", digits38[:37] + "E-165"},
	"LeastLastDigit":            {digits38 + "e-165", digits38 + "E-165"},
	"NaN":                       {in: "NaN"},
	"InfinityNested":            {in: `{"a":[1,-Infinity]}`},
	"LeastMagnitude":            {"1e-130", "1E-130"},
	"BelowIt":                   {in: "9.9e-131"},
	"ExponentBeyondAnInt":       {in: "1e99999999999999999999"},
	"SurrogatePair":             {`"\ud83d\ude00"`, "\U0001F600"},
	"LoneHighSurrogate":         {in: `"\ud83d"`},
	"HighSurrogateAndALetter":   {in: `"\ud83da"`},
	"TwoHighSurrogates":         {in: `"\ud83d\ud83d\ude00"`},
	"LoneLowSurrogate":          {in: `"\ude00\ud83d"`},
	"EscapedBackslashBeforeU":   {`"\\ud83d"`, `\ud83d`},
	"BytesThatAreNotUTF8":       {in: "\"\xff\""},
	"EqualNames":                {in: `{"a":1,"\u0061":2}`},
	"EmptyName":                 {in: `{"":1}`},
	"32Levels":                  {strings.Repeat("[", 32) + strings.Repeat("]", 32), "[]"},
	"33Levels":                  {in: strings.Repeat("[", 33) + strings.Repeat("]", 33)},
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
