// Package authorizer decides, as IAM does on AWS, what the functions and the
// services of the local stack may do. Its proxies stand between the functions
// and their servers, and deny requests that no policy of the template allows.
package authorizer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"sdtasktracker/infra/local/iam"
)

// Place is the account and the Region of the resources.
type Place struct{ Partition, Account, Region string }

// ARN is the ARN of a resource that has an account and a Region.
func (p Place) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", p.Partition, service, p.Region, p.Account, resource)
}

// Authorizer has a deployment's policies, and records which of their grants were
// used. It is safe for concurrent use.
type Authorizer struct {
	place  Place
	denied func(error)

	mutex     sync.Mutex
	roles     map[string]iam.Policy // identity policies, by the role's ARN
	resources map[string]iam.Policy // resource and trust policies, by the resource's ARN
	callers   map[string]iam.Principal
	keys      map[string]string
	used      map[iam.Grant]bool
}

// New returns an authorizer without policies, which denies everything. It calls
// denied with every denial, a [*DeniedError], and with every request that it
// can't evaluate. Calls may be concurrent.
func New(place Place, denied func(error)) *Authorizer {
	return &Authorizer{
		place: place, denied: denied,
		roles: map[string]iam.Policy{}, resources: map[string]iam.Policy{},
		callers: map[string]iam.Principal{}, keys: map[string]string{}, used: map[iam.Grant]bool{},
	}
}

// AddRole adds an identity policy to a role.
func (a *Authorizer) AddRole(arn string, policy iam.Policy) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.roles[arn] = append(a.roles[arn], policy...)
}

// Attach adds a policy to a bucket, a queue or a function, or a role's trust
// policy.
func (a *Authorizer) Attach(arn string, policy iam.Policy) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.resources[arn] = append(a.resources[arn], policy...)
}

// Detach removes all policies of a resource, and returns a function that restores
// them.
func (a *Authorizer) Detach(arn string) (restore func()) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	policy := a.resources[arn]
	delete(a.resources, arn)
	return func() { a.Attach(arn, policy) }
}

// AddCaller sets the principal that signs requests with an access key ID.
func (a *Authorizer) AddCaller(accessKeyID string, principal iam.Principal) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.callers[accessKeyID] = principal
}

// Encrypt sets the KMS key of a bucket's objects: reading and writing them needs
// rights on the key. The key's policy is assumed to be the default key policy, which
// leaves rights to IAM.
func (a *Authorizer) Encrypt(bucket, keyARN string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.keys[bucket] = keyARN
}

// DeniedError says, in AWS's words, what was denied and why.
type DeniedError struct {
	Request iam.Request
	// Reason is the reason that [iam.Evaluate] returned.
	Reason string
}

func (e *DeniedError) Error() string {
	resource := e.Request.Resource
	if strings.HasPrefix(e.Request.Action, "s3:") {
		resource = `"` + resource + `"` // only S3 quotes it
	}
	return fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s",
		e.Request.Principal, e.Request.Action, resource, e.Reason)
}

// Authorize decides on an action. source is the ARN of the resource on whose
// behalf a service acts, "" for others. The error is a [*DeniedError].
func (a *Authorizer) Authorize(principal iam.Principal, action, resource, source string) error {
	request := iam.Request{
		Principal: principal, Action: action, Resource: resource,
		// On AWS all clients use TLS. Here nothing leaves the machine.
		Context: map[string]string{iam.SecureTransport: "true"},
	}
	if source != "" {
		request.Context[iam.SourceARN] = source
		request.Context[iam.SourceAccount] = a.place.Account
	}
	if reason := a.evaluate(request); reason != "" {
		denied := &DeniedError{Request: request, Reason: reason}
		a.denied(denied)
		return denied
	}
	return nil
}

// evaluate returns why a request is denied; "" if it is allowed. The policy of a bucket also applies to its objects.
func (a *Authorizer) evaluate(r iam.Request) (reason string) {
	owner := r.Resource
	if strings.Contains(owner, ":s3:::") {
		owner, _, _ = strings.Cut(owner, "/")
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	grant, reason := iam.Evaluate(r, a.roles[r.Principal.Role], a.resources[owner])
	if reason == "" {
		a.used[grant] = true
	}
	return reason
}

// Unused returns the grants that have allowed no request yet. It always returns grants
// with a wildcard in the action: the authorizer can't know which of the actions are
// needed.
func (a *Authorizer) Unused() []iam.Grant {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var unused []iam.Grant
	for _, policies := range []map[string]iam.Policy{a.roles, a.resources} {
		for _, arn := range slices.Sorted(maps.Keys(policies)) {
			for _, grant := range policies[arn].Grants() {
				if !a.used[grant] || strings.ContainsAny(grant.Action, "*?") {
					unused = append(unused, grant)
				}
			}
		}
	}
	return unused
}
