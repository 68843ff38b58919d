package lambdahost

import "context"

// Initialize gives a function a sandbox before its first invocation, as provisioned
// concurrency does, waits until it is initialized, and returns its process ID. The error is
// a [*FunctionError] if its process ended.
func (h *Host) Initialize(ctx context.Context, name string) (pid int, err error) {
	f, err := h.find(name)
	if err != nil {
		return 0, err
	}
	s, err := f.take(h.context)
	if err != nil {
		return 0, err
	}
	defer f.release(s)
	select {
	case <-s.asked:
		return s.command.Process.Pid, nil
	case <-s.ended:
		return 0, s.exited("none")
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
