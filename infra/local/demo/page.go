package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"sdtasktracker/infra/local/stack"
)

// writePage has sdtasks write its page beside the logs, as a user would, and returns its path.
func writePage(ctx context.Context, s *stack.Stack) (path string, err error) {
	path = filepath.Join(filepath.Dir(s.LogsDir), "report.html")
	command := exec.CommandContext(ctx, filepath.Join(s.Root(), "build/bin/sdtasks"), "report", "--inline", path)
	own := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	command.Env = append(own, append(s.Environment(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")...)
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("sdtasks report: %w\n%s", err, output)
	}
	return path, nil
}
