package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The condition keys that policies may use ("AWS global condition context
// keys").
const (
	SecureTransport = "aws:SecureTransport"
	SourceARN       = "aws:SourceArn"
	SourceAccount   = "aws:SourceAccount"
)

// condition is one operator on one key; any of its values will do.
type condition struct {
	key     string
	matches func(pattern, value string) bool
	values  []string
}

// operator is a condition operator, with the keys it may be used on ("IAM JSON
// policy elements: Condition operators").
type operator struct {
	keys    []string
	valid   func(value string) bool
	matches func(pattern, value string) bool
}

// operators are all that are known. ArnEquals and ArnLike behave identically.
var operators = map[string]operator{
	"Bool": {
		keys:    []string{SecureTransport},
		valid:   func(value string) bool { return value == "true" || value == "false" },
		matches: func(pattern, value string) bool { return pattern == value },
	},
	"StringEquals": {
		keys:    []string{SourceAccount, SourceARN},
		valid:   func(value string) bool { return value != "" },
		matches: func(pattern, value string) bool { return pattern == value },
	},
	"ArnEquals": {keys: []string{SourceARN}, valid: isARN, matches: matchARN},
	"ArnLike":   {keys: []string{SourceARN}, valid: isARN, matches: matchARN},
}

func parseConditions(raw json.RawMessage) ([]condition, error) {
	if raw == nil {
		return nil, nil
	}
	var block map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &block); err != nil || len(block) == 0 {
		return nil, fmt.Errorf("the Condition must be an object of operators, but is %s", raw)
	}
	var conditions []condition
	for name, keys := range block {
		known, ok := operators[name]
		if !ok {
			return nil, fmt.Errorf("condition operator %q is not supported", name)
		}
		if len(keys) == 0 {
			return nil, fmt.Errorf("condition operator %s has no key", name)
		}
		for key, raw := range keys {
			c, err := known.condition(key, raw)
			if err != nil {
				return nil, fmt.Errorf("condition %s: %w", name, err)
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

// condition reads a key, which is not case-sensitive, and its values.
func (o operator) condition(key string, raw json.RawMessage) (condition, error) {
	at := slices.IndexFunc(o.keys, func(known string) bool { return strings.EqualFold(known, key) })
	if at < 0 {
		return condition{}, fmt.Errorf("key %q is not supported", key)
	}
	switch value := strings.TrimSpace(string(raw)); value {
	case "true", "false": // IAM takes a boolean for its text
		raw = json.RawMessage(`"` + value + `"`)
	}
	values, err := patterns(raw, o.valid)
	if err != nil {
		return condition{}, fmt.Errorf("%s: %w", key, err)
	}
	return condition{key: o.keys[at], matches: o.matches, values: values}, nil
}

// holds reports whether the request meets the condition. A key that the
// request doesn't have meets none.
func (c condition) holds(context map[string]string) bool {
	value, ok := context[c.key]
	return ok && slices.ContainsFunc(c.values, func(pattern string) bool { return c.matches(pattern, value) })
}
