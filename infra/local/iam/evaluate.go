package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The condition keys that policies may use ("AWS global condition context keys").
const (
	SecureTransport = "aws:SecureTransport"
	SourceARN       = "aws:SourceArn"
	SourceAccount   = "aws:SourceAccount"
)

// comparisons are the supported conditions, by operator and key, with the form that their values must have ("IAM JSON
// policy elements: Condition operators"). ArnEquals and ArnLike behave identically.
var comparisons = map[string]struct {
	form    *regexp.Regexp
	matches func(pattern, value string) bool
}{
	"ArnEquals " + SourceARN:        {resourceForm, matchARN},
	"ArnLike " + SourceARN:          {resourceForm, matchARN},
	"Bool " + SecureTransport:       {regexp.MustCompile(`^(true|false)$`), equal},
	"StringEquals " + SourceAccount: {regexp.MustCompile(`^\d+$`), equal},
	"StringEquals " + SourceARN:     {resourceForm, equal},
}

func equal(pattern, value string) bool { return pattern == value }

func matchARN(pattern, value string) bool { return expression("", pattern).MatchString(value) }

// Principal makes a request. It is an AWS service, a user, or a session of a role.
type Principal struct {
	// Service is an AWS service, such as sns.amazonaws.com; "" for others.
	Service string
	// ARN is the user's or the session's (arn:aws:sts::…:assumed-role/…).
	ARN string
	// Role is the ARN of the session's role.
	Role string
}

// String returns the service's name or the ARN.
func (p Principal) String() string { return p.Service + p.ARN }

// Request is the request to evaluate: one action on one resource.
type Request struct {
	Principal Principal
	// Action is an action such as s3:GetObject.
	Action string
	// Resource is an ARN, or "*" for an action that has no resources.
	Resource string
	// Context has the values of condition keys, by the constants of this
	// package.
	Context map[string]string
}

// Evaluate decides a request whose principal and resource are in one account: an
// explicit deny in any policy denies it; otherwise any policy may allow it;
// otherwise it is denied ("How AWS enforcement code logic evaluates requests to
// allow or deny access"). identity are the principal's policies. resource are the
// resource's policies; for a role, its trust policy.
//
// If the request is allowed, reason is "", and allowed is the first grant that
// allows it, identity policies before resource policies. Otherwise reason
// completes AWS's error message.
func Evaluate(r Request, identity, resource Policy) (allowed Grant, reason string) {
	if identity.find("Deny", r) != nil {
		return Grant{}, "with an explicit deny in an identity-based policy"
	}
	if resource.find("Deny", r) != nil {
		return Grant{}, "with an explicit deny in a resource-based policy"
	}
	for _, policy := range []Policy{identity, resource} {
		if found := policy.find("Allow", r); found != nil {
			return found.grant, ""
		}
	}
	kind := "identity"
	if r.Principal.Service != "" { // a service has no identity policies
		kind = "resource"
	}
	return Grant{}, fmt.Sprintf("because no %s-based policy allows the %s action", kind, r.Action)
}

// find returns the first rule that applies; nil if none does.
func (p Policy) find(effect string, r Request) *rule {
	for i := range p {
		if p[i].statement.Effect == effect && p[i].applies(r) {
			return &p[i]
		}
	}
	return nil
}

func (p rule) applies(r Request) bool {
	return p.action.MatchString(r.Action) && p.resource.MatchString(r.Resource) &&
		p.statement.Principal.include(r.Principal) && p.statement.holds(r.Context)
}

// include reports whether a statement applies to the principal. An identity policy's statement names no principal, and
// applies to every principal that has the policy. "*" includes services: a Deny for "*" stops them, too.
func (p principals) include(who Principal) bool {
	if who.Service != "" {
		return slices.Contains(p.AWS, "*") || slices.Contains(p.Service, who.Service)
	}
	return len(p.AWS)+len(p.Service) == 0 ||
		slices.ContainsFunc(p.AWS, func(arn string) bool { return arn == "*" || arn == who.ARN || arn == who.Role })
}

// holds reports whether a request meets all conditions. It meets a condition if it has the key with one of the values.
func (s statement) holds(context map[string]string) bool {
	for operator, keys := range s.Condition {
		for key, patterns := range keys {
			value, ok := context[key]
			matches := comparisons[operator+" "+key].matches
			if !ok || !slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, value) }) {
				return false
			}
		}
	}
	return true
}

// Grants returns the policy's grants, whatever their conditions.
func (p Policy) Grants() []Grant {
	var all []Grant
	for _, r := range p {
		if r.statement.Effect == "Allow" {
			all = append(all, r.grant)
		}
	}
	return all
}

// expression returns a regular expression for a pattern: * is any number of
// characters and ? a single character. They match colons only in an ARN's last part
// ("IAM JSON policy elements: Resource", using wildcards).
func expression(flags, pattern string) *regexp.Regexp {
	parts := strings.SplitN(regexp.QuoteMeta(pattern), ":", 6)
	for i, part := range parts {
		character := "[^:]"
		if i == len(parts)-1 {
			character = "."
		}
		parts[i] = strings.NewReplacer(`\*`, character+"*", `\?`, character).Replace(part)
	}
	return regexp.MustCompile("(?s" + flags + ")^" + strings.Join(parts, ":") + "$")
}
