package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// action is a service's prefix and an action's name, which may have wildcards
// ("IAM JSON policy elements: Action").
var action = regexp.MustCompile(`^([A-Za-z0-9-]+:[A-Za-z0-9*?]+|\*)$`)

func parseStatement(kind Kind, raw json.RawMessage) (s statement, id string, err error) {
	all, err := elements(raw, "Sid", "Effect", "Action", "Resource", "Principal", "Condition")
	if err != nil {
		return s, "", err
	}
	if id, err = optionalText(all["Sid"]); err != nil {
		return s, "", fmt.Errorf("element Sid: %w", err)
	}
	effect, err := text(all["Effect"])
	if err != nil || effect != "Allow" && effect != "Deny" {
		return s, "", fmt.Errorf("the Effect must be Allow or Deny, but is %s", all["Effect"])
	}
	s.allow = effect == "Allow"
	if s.actions, err = patterns(all["Action"], action.MatchString); err != nil {
		return s, "", fmt.Errorf("element Action: %w", err)
	}
	if err := s.parseResource(kind, all["Resource"]); err != nil {
		return s, "", err
	}
	if err := s.parsePrincipal(kind, all["Principal"]); err != nil {
		return s, "", err
	}
	s.conditions, err = parseConditions(all["Condition"])
	return s, id, err
}

func (s *statement) parseResource(kind Kind, raw json.RawMessage) (err error) {
	if kind == Trust {
		if raw != nil {
			return errors.New("a trust policy has no Resource")
		}
		return nil
	}
	s.resources, err = patterns(raw, func(value string) bool { return value == "*" || isARN(value) })
	if err != nil {
		return fmt.Errorf("element Resource: %w", err)
	}
	return nil
}

func (s *statement) parsePrincipal(kind Kind, raw json.RawMessage) (err error) {
	if kind == Identity {
		if raw != nil {
			return errors.New("an identity policy has no Principal")
		}
		return nil
	}
	s.principals, err = parsePrincipals(raw)
	if err != nil {
		return fmt.Errorf("element Principal: %w", err)
	}
	return nil
}

// patterns takes a string or a list of strings that are valid.
func patterns(raw json.RawMessage, valid func(string) bool) ([]string, error) {
	values, err := oneOrMore[string](raw)
	if err != nil || len(values) == 0 {
		return nil, fmt.Errorf("must be a string or a list of them, but is %s", raw)
	}
	for _, value := range values {
		if strings.Contains(value, "${") {
			return nil, fmt.Errorf("%q has a policy variable, which is not supported", value)
		}
		if !valid(value) {
			return nil, fmt.Errorf("%q is not supported", value)
		}
	}
	return values, nil
}

// elements reads an object that has no other names than those known.
func elements(raw []byte, known ...string) (map[string]json.RawMessage, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for name := range all {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("element %q is not supported", name)
		}
	}
	return all, nil
}

// oneOrMore reads a value or a list of values.
func oneOrMore[T any](raw json.RawMessage) ([]T, error) {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		var list []*T
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
		values := make([]T, len(list))
		for i, value := range list {
			if value == nil {
				return nil, errors.New("null in a list")
			}
			values[i] = *value
		}
		return values, nil
	}
	var one *T
	if err := json.Unmarshal(raw, &one); err != nil {
		return nil, err
	}
	if one == nil {
		return nil, errors.New("null")
	}
	return []T{*one}, nil
}

func text(raw json.RawMessage) (string, error) {
	values, err := oneOrMore[string](raw)
	if err != nil || len(values) != 1 {
		return "", fmt.Errorf("%s is not a string", raw)
	}
	return values[0], nil
}

func optionalText(raw json.RawMessage) (string, error) {
	if raw == nil {
		return "", nil
	}
	return text(raw)
}
