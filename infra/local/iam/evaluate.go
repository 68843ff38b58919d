package iam

import (
	"fmt"
	"slices"
)

// Request is what is evaluated: one action on one resource.
type Request struct {
	Principal Principal
	// Action is such as s3:GetObject.
	Action string
	// Resource is an ARN, or "*" for an action that has no resources.
	Resource string
	// Context has the values of condition keys, by the constants of this
	// package.
	Context map[string]string
}

// Effect is an evaluation's outcome.
type Effect int

// The outcomes ("The difference between explicit and implicit denies").
const (
	ImplicitDeny Effect = iota
	Allow
	ExplicitDeny
)

// Decision is an evaluation's outcome and its reason.
type Decision struct {
	Effect Effect
	// Grant is the first that allowed the request, identity policies before
	// resource policies.
	Grant Grant
	// Reason completes AWS's error message, unless the request is allowed.
	Reason string
}

// Evaluate decides a request whose principal and resource are of one account:
// an explicit deny in any policy denies it; otherwise any policy may allow it;
// otherwise it is denied ("How AWS enforcement code logic evaluates requests to
// allow or deny access"). identity are the principal's policies, resource those
// of the resource, its trust policy for a role.
func Evaluate(r Request, identity, resource []Policy) Decision {
	all := slices.Concat(identity, resource)
	for _, p := range all {
		if _, denied := p.find(r, false); denied {
			return Decision{Effect: ExplicitDeny, Reason: "with an explicit deny in " + p.kind.String()}
		}
	}
	for _, p := range all {
		if grant, allowed := p.find(r, true); allowed {
			return Decision{Effect: Allow, Grant: grant}
		}
	}
	kind := Identity
	if r.Principal.Service != "" { // it has none
		kind = Resource
	}
	return Decision{Reason: fmt.Sprintf("because no %s allows the %s action", kind.noun(), r.Action)}
}

// find returns what the first statement of an effect that applies allows, as
// the policy spells it.
func (p Policy) find(r Request, allow bool) (Grant, bool) {
	for i, s := range p.statements {
		if s.allow != allow || p.kind != Identity && !r.Principal.isOneOf(s.principals) ||
			slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r.Context) }) {
			continue
		}
		a := slices.IndexFunc(s.actions, func(pattern string) bool { return matchAction(pattern, r.Action) })
		patterns := s.patterns()
		b := slices.IndexFunc(patterns, func(pattern string) bool { return matchResource(pattern, r.Resource) })
		if a >= 0 && b >= 0 {
			return Grant{Policy: p.name, Statement: i, Action: s.actions[a], Resource: patterns[b]}, true
		}
	}
	return Grant{}, false
}

func (k Kind) noun() string {
	return [...]string{"identity-based policy", "resource-based policy", "resource-based policy"}[k]
}

// String is the kind with its article.
func (k Kind) String() string {
	if k == Identity {
		return "an " + k.noun()
	}
	return "a " + k.noun()
}
