package iam

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// principal is one principal of a policy: a service, the ARN of a role, a
// session or a user, or "*" for everybody.
type principal struct{ service, arn string }

// Only principals with a name of their own: naming an account delegates to its
// administrators, which is another rule ("AWS JSON policy elements: Principal").
var (
	principalARN     = regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::\d{12}:(role|user|assumed-role)/[^*?]+$`)
	principalService = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
)

func parsePrincipals(raw json.RawMessage) ([]principal, error) {
	if raw == nil {
		return nil, fmt.Errorf("is missing")
	}
	if everybody, err := text(raw); err == nil {
		if everybody != "*" {
			return nil, fmt.Errorf("%q is not supported", everybody)
		}
		return []principal{{arn: "*"}}, nil
	}
	all, err := elements(raw, "AWS", "Service")
	if err != nil {
		return nil, err
	}
	var principals []principal
	for kind, valid := range map[string]func(string) bool{
		"AWS":     func(value string) bool { return value == "*" || principalARN.MatchString(value) },
		"Service": principalService.MatchString,
	} {
		if all[kind] == nil {
			continue
		}
		values, err := patterns(all[kind], valid)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			if kind == "Service" {
				principals = append(principals, principal{service: value})
			} else {
				principals = append(principals, principal{arn: value})
			}
		}
	}
	if len(principals) == 0 {
		return nil, fmt.Errorf("names nobody")
	}
	return principals, nil
}

// Principal is who makes a request: an AWS service, or a user or a role's
// session.
type Principal struct {
	// Service is an AWS service, such as sns.amazonaws.com; "" for others.
	Service string
	// ARN is the user's or the session's (arn:aws:sts::…:assumed-role/…).
	ARN string
	// Role is the ARN of the session's role.
	Role string
}

func (p Principal) String() string {
	if p.Service != "" {
		return p.Service
	}
	return p.ARN
}

// isOneOf reports whether a statement means the principal. Everybody includes
// services: a Deny for everybody stops them too.
func (p Principal) isOneOf(principals []principal) bool {
	return slices.ContainsFunc(principals, func(named principal) bool {
		if named.service != "" {
			return named.service == p.Service
		}
		return named.arn == "*" || p.Service == "" && (named.arn == p.ARN || named.arn == p.Role)
	})
}
