package main

import "context"

// wait keeps to the request's rate.
func (r *run) wait(ctx context.Context) error {
	if r.pace == nil {
		return nil
	}
	select {
	case <-r.pace.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
