package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sdtasktracker/infra/local/stack"
)

// envFile is the file that a shell sources to use the stack.
const envFile = ".local/env"

// up prints how to use the stack and keeps it running until the context is done.
func up(ctx context.Context, s *stack.Stack) error {
	var lines strings.Builder
	lines.WriteString("# Written by make local: source this to use the local stack.\n")
	for _, variable := range s.Environment() {
		lines.WriteString(shellLine(variable) + "\n")
	}
	path := filepath.Join(s.Root(), envFile)
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", envFile, err)
	}
	for _, service := range []string{"SNS", "SQS", "S3", "DYNAMODB", "LAMBDA"} {
		fmt.Printf("  %-9s %s\n", service, s.Endpoints[service])
	}
	fmt.Printf(`
In another terminal, in this directory:

  . %s
  aws sns publish --topic-arn "$TOPIC_ARN" \
    --message '{"id":"hello","status":"running","runtime":"sdruntime","context":{}}'
  aws dynamodb get-item --table-name "$TASK_TABLE" --key '{"task_id":{"S":"hello"}}'

The functions' logs are in %s. Ctrl-C ends the stack.
`, envFile, s.LogsDir)
	<-ctx.Done()
	fmt.Println("\nStopping the local stack.")
	return nil
}

// shellLine exports NAME=value, quoted for a shell.
func shellLine(variable string) string {
	name, value, _ := strings.Cut(variable, "=")
	return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
