// Package iam evaluates IAM policies as AWS does within one account ("Policy
// evaluation for requests within a single account" in the IAM User Guide). It
// supports the elements that this project's templates use. Any other element is an
// error.
package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// Kind says what a policy is attached to, and so which elements it must have.
type Kind int

const (
	// Identity policies belong to a role. They have no Principal.
	Identity Kind = iota
	// Resource policies belong to a bucket, a queue, a topic or a function.
	Resource
	// Trust policies say who may assume a role. They have no Resource: it is the role.
	Trust
)

// version is the current version of the policy language. The older one treats
// policy variables differently ("IAM JSON policy elements: Version").
const version = "2012-10-17"

// Policy is the rules of one or more policy documents.
type Policy []rule

// rule is one action on one resource of one statement.
type rule struct {
	grant            Grant
	statement        statement
	action, resource *regexp.Regexp
}

// Grant is one action on one resource that a policy's statement allows. Both are
// spelled as in the policy.
type Grant struct {
	// Policy is the name that was passed to [Parse].
	Policy string
	// Statement counts from 0.
	Statement        int
	Action, Resource string
}

type statement struct {
	Effect           string
	Action, Resource list[string]
	Principal        principals
	Condition        conditions
	Sid              string
}

// UnmarshalJSON reads an object that has no other elements.
func (s *statement) UnmarshalJSON(data []byte) error {
	type plain statement
	return decode(data, (*plain)(s))
}

// conditions are values, by operator and key.
type conditions map[string]map[string]list[string]

// UnmarshalJSON reads an object that compares something: without a comparison, a statement would always apply.
func (c *conditions) UnmarshalJSON(data []byte) error {
	if err := json.Unmarshal(data, (*map[string]map[string]list[string])(c)); err != nil {
		return err
	}
	for _, keys := range *c {
		for _, values := range keys {
			if len(values) == 0 {
				return errors.New("a Condition has no value")
			}
		}
		if len(keys) == 0 {
			return errors.New("a Condition has no key")
		}
	}
	if len(*c) == 0 {
		return errors.New("a Condition has no operator")
	}
	return nil
}

// principals are services, and ARNs of roles, sessions and users. "*" in place of an ARN means everybody.
type principals struct{ AWS, Service list[string] }

// UnmarshalJSON reads "*", or an object with lists of names by kind.
func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		p.AWS = list[string]{"*"}
		return nil
	}
	type named principals
	return decode(data, (*named)(p))
}

// list is a value or a list of values.
type list[T any] []T

// UnmarshalJSON reads a value or a list of values.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte("[")) {
		data = slices.Concat([]byte("["), data, []byte("]"))
	}
	return json.Unmarshal(data, (*[]T)(l))
}

// decode reads an object whose elements are all known, as IAM spells them.
func decode(data []byte, object any) error {
	var elements map[string]json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return err
	}
	for name := range elements {
		if _, known := reflect.TypeOf(object).Elem().FieldByName(name); !known {
			return fmt.Errorf("element %q is not supported", name)
		}
	}
	return json.Unmarshal(data, object)
}

// Parse reads a policy document. The name is in the policy's grants. An element,
// operator, condition key or form of principal that is not supported is an error, and
// so is a policy variable.
func Parse(name string, kind Kind, document []byte) (Policy, error) {
	var root struct {
		Version   string
		Statement list[statement]
	}
	if err := decode(document, &root); err != nil {
		return nil, fmt.Errorf("policy %s: %w", name, err)
	}
	if root.Version != version || len(root.Statement) == 0 {
		return nil, fmt.Errorf("policy %s: the Version must be %q, and there must be a Statement", name, version)
	}
	var policy Policy
	for i, s := range root.Statement {
		sameID := func(other statement) bool { return s.Sid != "" && other.Sid == s.Sid }
		if slices.ContainsFunc(root.Statement[:i], sameID) {
			return nil, fmt.Errorf("policy %s: statement %d: the Sid %q is another statement's", name, i, s.Sid)
		}
		if err := s.validate(kind); err != nil {
			return nil, fmt.Errorf("policy %s: statement %d: %w", name, i, err)
		}
		if kind == Trust {
			s.Resource = list[string]{"*"}
		}
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				policy = append(policy, rule{Grant{name, i, action, resource}, s,
					expression("i", action), expression("", resource)})
			}
		}
	}
	return policy, nil
}

// The forms of what a statement names ("IAM JSON policy elements: Action" and "… Resource"). An ARN has six parts, and
// may have wildcards. A dollar sign would begin a policy variable. A principal is not an account, because a principal
// that is an account delegates to the account's policies ("AWS JSON policy elements: Principal").
var (
	actionForm    = regexp.MustCompile(`^([A-Za-z0-9-]+:[A-Za-z0-9*?]+|\*)$`)
	resourceForm  = regexp.MustCompile(`^(\*|arn:[^:$]+:[^:$]+:[^:$]*:[^:$]*:[^$]+)$`)
	principalForm = regexp.MustCompile(`^(\*|arn:[a-z-]+:(iam|sts)::\d{12}:(role|user|assumed-role)/[^*?$]+|` +
		`[a-z0-9.-]+\.amazonaws\.com(\.cn)?)$`)
)

func (s statement) validate(kind Kind) error {
	principals := slices.Concat(s.Principal.AWS, s.Principal.Service)
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return fmt.Errorf("the Effect must be Allow or Deny, but is %q", s.Effect)
	case len(s.Action) == 0:
		return errors.New("it has no Action")
	case (len(s.Resource) == 0) != (kind == Trust):
		return errors.New("a trust policy has no Resource, and every other policy has one")
	case (len(principals) == 0) != (kind == Identity):
		return errors.New("an identity policy has no Principal, and every other policy has one")
	}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			comparison, known := comparisons[operator+" "+key]
			if !known {
				return fmt.Errorf("condition %s on %s is not supported", operator, key)
			}
			if err := validate("Condition", values, comparison.form); err != nil {
				return err
			}
		}
	}
	return errors.Join(validate("Action", s.Action, actionForm),
		validate("Resource", s.Resource, resourceForm), validate("Principal", principals, principalForm))
}

func validate(element string, values []string, form *regexp.Regexp) error {
	for _, value := range values {
		if !form.MatchString(value) {
			return fmt.Errorf("element %s: %q is not supported", element, value)
		}
	}
	return nil
}
