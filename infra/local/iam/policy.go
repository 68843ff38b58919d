// Package iam evaluates IAM policies as AWS does within one account ("Policy
// evaluation for requests within a single account" in the IAM User Guide). It
// knows the elements that this project's templates use and refuses any other:
// a policy that it can't read is an error, never a pass.
package iam

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Kind says what a policy is attached to, and so which elements it must have.
type Kind int

const (
	// Identity policies are a role's: no Principal.
	Identity Kind = iota
	// Resource policies are a bucket's, a queue's, a topic's or a function's.
	Resource
	// Trust policies say who may assume a role: no Resource, which is the role.
	Trust
)

// version is the current version of the policy language. The older one treats
// policy variables differently ("IAM JSON policy elements: Version").
const version = "2012-10-17"

// Policy is a parsed policy document.
type Policy struct {
	kind       Kind
	name       string
	statements []statement
}

type statement struct {
	allow      bool
	actions    []string
	resources  []string // nil in a trust policy
	principals []principal
	conditions []condition
}

// Parse reads a policy document. The name tells the policy from others, in
// grants. An element, operator, condition key, or form of principal that it
// doesn't know is an error, as is a policy variable.
func Parse(name string, kind Kind, document []byte) (Policy, error) {
	p := Policy{kind: kind, name: name}
	if err := p.parse(document); err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	return p, nil
}

func (p *Policy) parse(document []byte) error {
	root, err := elements(document, "Version", "Statement")
	if err != nil {
		return err
	}
	if v, err := text(root["Version"]); err != nil || v != version {
		return fmt.Errorf("the Version must be %q, but is %s", version, root["Version"])
	}
	raw, err := oneOrMore[json.RawMessage](root["Statement"])
	if err != nil || len(raw) == 0 {
		return fmt.Errorf("the Statement must be an object or a list of them")
	}
	var ids []string
	for i, element := range raw {
		s, id, err := parseStatement(p.kind, element)
		if err != nil {
			return fmt.Errorf("statement %d: %w", i, err)
		}
		if id != "" && slices.Contains(ids, id) {
			return fmt.Errorf("statement %d: the Sid %q is another statement's", i, id)
		}
		ids = append(ids, id)
		p.statements = append(p.statements, s)
	}
	return nil
}

// Grant is one action on one resource that a policy's statement allows, as the
// policy spells them.
type Grant struct {
	// Policy is the name that [Parse] was given.
	Policy string
	// Statement counts from 0.
	Statement        int
	Action, Resource string
}

// Grants are all that the policy allows, whatever its conditions.
func (p Policy) Grants() []Grant {
	var all []Grant
	for i, s := range p.statements {
		if !s.allow {
			continue
		}
		for _, action := range s.actions {
			for _, resource := range s.patterns() {
				all = append(all, Grant{Policy: p.name, Statement: i, Action: action, Resource: resource})
			}
		}
	}
	return all
}

// patterns are the statement's resources; a trust policy's is the role.
func (s statement) patterns() []string {
	if s.resources == nil {
		return []string{"*"}
	}
	return s.resources
}
