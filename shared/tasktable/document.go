package tasktable

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// DynamoDB's limits for a value ("Constraints in Amazon DynamoDB", "Data
// types", in the Amazon DynamoDB Developer Guide).
const (
	maxLevels      = 32
	maxDigits      = 38
	minMagnitude   = -130 // of the first digit: 1E-130
	maxNameBytes   = 65535
	maxExponentLen = 9 // digits of an exponent that fit an int
)

// Limits that are narrower than DynamoDB's, which allows numbers up to 9.99E+125.
// DynamoDB returns a number with all its zeros, without an exponent. boto3 parses it
// with 38 digits of precision and exponents from -128, and raises decimal.Rounded or
// decimal.Underflow if it would lose a digit, even a zero. A scan that finds such an
// item fails as a whole (boto3 issue 2500, "Numbers such as 1e100 cannot be retrieved
// from DynamoDB").
const (
	maxMagnitude = maxDigits - 1          // of the first digit: 9.99E+37
	minExponent  = -128 - (maxDigits - 1) // of the last digit: 1E-165
)

// errNotNative is the error for a JSON value that DynamoDB can't store unchanged.
var errNotNative = errors.New("DynamoDB can't hold this value natively")

func notNative(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errNotNative, fmt.Sprintf(format, args...))
}

// IsNative reports whether DynamoDB can store a JSON value unchanged as a native value. Every JSON parser accepts such
// a value: it has no NaN, no lone surrogates, no duplicate names and at most 32 levels. Its numbers may have 38 digits.
func IsNative(text json.RawMessage) bool {
	_, err := fromJSON(text)
	return err == nil
}

// fromJSON converts a JSON value to an equal native value. For NaN, infinities, and
// whatever DynamoDB or encoding/json would change, it returns an error that wraps
// errNotNative.
func fromJSON(text json.RawMessage) (types.AttributeValue, error) {
	if !utf8.Valid(text) || announcement.HasLoneSurrogate(text) {
		return nil, notNative("it is not valid Unicode")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := decodeValue(decoder, 0)
	if err != nil && !errors.Is(err, errNotNative) {
		return nil, notNative("%v", err)
	}
	return value, err
}

func decodeValue(decoder *json.Decoder, level int) (types.AttributeValue, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if level == maxLevels {
			return nil, notNative("it has more than %d levels", maxLevels)
		}
		if token == '[' {
			return decodeList(decoder, level+1)
		}
		return decodeMap(decoder, level+1)
	case string:
		return text(token), nil
	case json.Number:
		return decodeNumber(string(token))
	case bool:
		return boolean(token), nil
	}
	return &types.AttributeValueMemberNULL{Value: true}, nil
}

func decodeList(decoder *json.Decoder, level int) (types.AttributeValue, error) {
	elements := []types.AttributeValue{}
	for decoder.More() {
		element, err := decodeValue(decoder, level)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	_, err := decoder.Token()
	return &types.AttributeValueMemberL{Value: elements}, err
}

func decodeMap(decoder *json.Decoder, level int) (types.AttributeValue, error) {
	members := map[string]types.AttributeValue{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // the decoder allows nothing else here
		if _, twice := members[name]; twice {
			return nil, notNative("two members have the same name")
		}
		if name == "" || len(name) > maxNameBytes {
			return nil, notNative("a member's name has %d bytes", len(name))
		}
		if members[name], err = decodeValue(decoder, level); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return &types.AttributeValueMemberM{Value: members}, err
}

// decodeNumber keeps a number's digits exactly. It rewrites only a literal with an
// exponent, or with insignificant zeros beyond 38 digits.
func decodeNumber(literal string) (types.AttributeValue, error) {
	if isShort(literal) {
		return &types.AttributeValueMemberN{Value: literal}, nil
	}
	digits, exponent, ok := significant(literal)
	switch {
	case !ok:
		return nil, notNative("the exponent of a number is out of range")
	case digits == "":
		return number(0), nil
	case len(digits) > maxDigits:
		return nil, notNative("a number has %d significant digits", len(digits))
	}
	magnitude := exponent + len(digits) - 1
	if magnitude < minMagnitude || magnitude > maxMagnitude || exponent < minExponent {
		return nil, notNative("a number is of magnitude 1E%d with %d digits", magnitude, len(digits))
	}
	written := strings.TrimLeft(unsigned.Replace(literal), "0")
	if len(written) <= maxDigits && !strings.ContainsAny(literal, "eE") {
		return &types.AttributeValueMemberN{Value: literal}, nil
	}
	sign := ""
	if literal[0] == '-' {
		sign = "-"
	}
	return &types.AttributeValueMemberN{Value: sign + digits + "E" + strconv.Itoa(exponent)}, nil
}

// isShort reports whether a literal has so few digits that every limit holds.
func isShort(literal string) bool {
	return len(literal) <= maxDigits && !strings.ContainsAny(literal, "eE") && strings.ContainsAny(literal, "123456789")
}

// unsigned removes the sign and the decimal point of a number without an exponent.
var unsigned = strings.NewReplacer("-", "", ".", "")

// significant splits a JSON number into digits and an exponent: its absolute value is
// digits × 10^exponent. The digits don't begin or end with a zero; they are "" for zero.
func significant(literal string) (digits string, exponent int, ok bool) {
	mantissa, power, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(literal, "-")), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return "", 0, true
	}
	if power != "" {
		if len(power) > maxExponentLen {
			return "", 0, false
		}
		exponent, _ = strconv.Atoi(power) // JSON's grammar allows only an integer
	}
	return trimmed, exponent - len(fraction) + len(digits) - len(trimmed), true
}

// toJSON returns a native value as JSON, with members sorted by name.
func toJSON(value types.AttributeValue) json.RawMessage {
	encoded, _ := json.Marshal(plainValue(value)) // a string always encodes, and so does DynamoDB's number
	return encoded
}

// plainValue converts a native value for encoding/json. Binary values and sets, which JSON
// doesn't have, become null.
func plainValue(value types.AttributeValue) any {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return value.Value
	case *types.AttributeValueMemberN:
		return json.Number(value.Value)
	case *types.AttributeValueMemberBOOL:
		return value.Value
	case *types.AttributeValueMemberL:
		elements := make([]any, len(value.Value))
		for i, element := range value.Value {
			elements[i] = plainValue(element)
		}
		return elements
	case *types.AttributeValueMemberM:
		members := make(map[string]any, len(value.Value))
		for name, member := range value.Value {
			members[name] = plainValue(member)
		}
		return members
	}
	return nil
}
