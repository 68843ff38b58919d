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
	path := filepath.Join(s.Root, envFile)
	if err := os.WriteFile(path, []byte(shellFile(s.Environment())), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", envFile, err)
	}
	for _, service := range stack.Services {
		fmt.Printf("  %-9s %s\n", service, s.Endpoints[service])
	}
	fmt.Printf(`
In another terminal, in this directory:

  . %s
  aws sns publish --topic-arn "$INPUT_TOPIC_ARN" \
    --message '{"metadata":{"id":"hello","runtime":"sdruntime"},"content":{}}'
  aws sns publish --topic-arn "$TOPIC_ARN" \
    --message '{"id":"hello","status":"running","runtime":"sdruntime","context":{}}'
  aws dynamodb get-item --table-name "$TASK_TABLE" --key '{"task_id":{"S":"hello"}}'
  make tasks ARGS=browse

The functions' logs are in %s. Ctrl-C ends the stack.
`, envFile, s.LogsDir)
	<-ctx.Done()
	fmt.Println("\nStopping the local stack.")
	return nil
}

// The beginning and the end of the file that a shell sources. The file unsets all other AWS variables of the shell, and
// bypasses a proxy for this machine. The function passes the endpoints to the AWS CLI, because the CLI ignores the
// variables before 2.13, and SQS's in version 1.
const (
	shellBeginning = `# Written by make local: source this in a shell of its own to use the local stack.
for variable in $(env | sed -n 's/^\(AWS_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$variable"; done
export NO_PROXY="127.0.0.1${NO_PROXY:+,$NO_PROXY}" no_proxy="127.0.0.1${no_proxy:+,$no_proxy}"
`
	shellEnd = `aws() {
  for word in "$@"; do
    case $word in
      dynamodb) command aws --endpoint-url "$AWS_ENDPOINT_URL_DYNAMODB" "$@"; return ;;
      lambda) command aws --endpoint-url "$AWS_ENDPOINT_URL_LAMBDA" "$@"; return ;;
      s3 | s3api) command aws --endpoint-url "$AWS_ENDPOINT_URL_S3" "$@"; return ;;
      sns) command aws --endpoint-url "$AWS_ENDPOINT_URL_SNS" "$@"; return ;;
      sqs) command aws --endpoint-url "$AWS_ENDPOINT_URL_SQS" "$@"; return ;;
    esac
  done
  command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
}
`
)

// shellFile returns the text of a file that a shell sources to set variables, given as NAME=value.
func shellFile(variables []string) string {
	var file strings.Builder
	file.WriteString(shellBeginning)
	for _, variable := range variables {
		file.WriteString(shellLine(variable) + "\n")
	}
	file.WriteString(shellEnd)
	return file.String()
}

// shellLine exports NAME=value, quoted for a shell.
func shellLine(variable string) string {
	name, value, _ := strings.Cut(variable, "=")
	return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
