package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
	return path, sdtasks(ctx, s, io.Discard, "report", "--inline", path)
}

// sdtasks runs a subcommand of the operator's command.
func sdtasks(ctx context.Context, s *stack.Stack, out io.Writer, args ...string) error {
	var progress bytes.Buffer
	command := exec.CommandContext(ctx, filepath.Join(s.Root(), "build/bin/sdtasks"), args...)
	own := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	command.Env = append(own, append(s.Environment(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")...)
	command.Stdout, command.Stderr = out, &progress
	if err := command.Run(); err != nil {
		return fmt.Errorf("sdtasks %s: %w\n%s", args[0], err, &progress)
	}
	return nil
}
