package lambdahost

import (
	"errors"
	"fmt"
)

// permission is one statement of a function's resource policy.
type permission struct{ function, principal, sourceARN string }

// Permit lets a service invoke a function on behalf of a source, as
// AWS::Lambda::Permission does.
func (h *Host) Permit(function, statementID, principal, sourceARN string) error {
	f, err := h.find(function)
	if err != nil {
		return err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.permissions[f.Name+"/"+statementID] = permission{f.Name, principal, sourceARN}
	return nil
}

// Forbid revokes a permission, and returns a function that grants it again.
func (h *Host) Forbid(function, principal, sourceARN string) (restore func(), err error) {
	f, err := h.find(function)
	if err != nil {
		return nil, err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for id, p := range h.permissions {
		if p == (permission{f.Name, principal, sourceARN}) {
			delete(h.permissions, id)
			return func() {
				h.mutex.Lock()
				defer h.mutex.Unlock()
				h.permissions[id] = p
			}, nil
		}
	}
	return nil, errors.New("there is no such permission")
}

// Permitted returns nil if the service may invoke the function for the source, and
// otherwise an error that says why not.
func (h *Host) Permitted(function, principal, sourceARN string) error {
	f, err := h.find(function)
	if err != nil {
		return err
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, p := range h.permissions {
		if p == (permission{f.Name, principal, sourceARN}) {
			return nil
		}
	}
	return fmt.Errorf("%s may not invoke function %s for %s", principal, f.Name, sourceARN)
}
