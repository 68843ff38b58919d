// Package demo demonstrates a local stack. It plays the guidance for a few tasks that
// cover every outcome, checks the results, and shows them with sdtasks.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/pause"
)

// patience is how long the stack may take to process the tasks.
const patience = time.Minute

// Run plays the scenario's tasks, waits until the stack has processed them,
// and shows the results. Then it restores a missing image and redrives its dead
// letter. It returns an error if any result is not as expected within a minute.
func Run(ctx context.Context, s *stack.Stack) error {
	p := publisher{stack: s}
	subscriber, err := subscribe(ctx, s)
	if err != nil {
		return err
	}
	tasks := scenario(s.Outputs[deployment.OutputBucket])
	fmt.Printf("Playing the guidance, with %d tasks:\n\n", len(tasks))
	for _, t := range tasks {
		fmt.Printf("  %-12s %s\n", t.id, t.story)
		if err := p.play(ctx, t); err != nil {
			return fmt.Errorf("task %s: %w", t.id, err)
		}
	}
	fmt.Print("\nWaiting for the functions, and for the retries of what fails ")
	if err := settle(ctx, s, tasks, subscriber); err != nil {
		return err
	}
	fmt.Println()
	err = show(ctx, s, []string{"list"}, []string{"failures", "--caller", "u-7"}, []string{"redrive", "--dry-run"})
	if err != nil {
		return err
	}
	fmt.Print("\nAn operator puts the vanished image back, and redrives its dead letter:\n")
	if err := p.upload(ctx, vanishedImage); err != nil {
		return err
	}
	if err := show(ctx, s, []string{"redrive", "--queue", "deliver"}); err != nil {
		return err
	}
	if err := settle(ctx, s, mend(tasks), subscriber); err != nil {
		return err
	}
	fmt.Printf("\nA queue that is subscribed to the task events got %d of them.\n", len(subscriber.events))
	return conclude(ctx, s)
}

// settle waits until everything is as expected. After patience, it returns the differences as an error.
func settle(ctx context.Context, s *stack.Stack, tasks []task, subscriber *subscriber) error {
	deadline := time.Now().Add(patience)
	for {
		o, err := observe(ctx, s, tasks)
		if err == nil {
			err = subscriber.read(ctx)
		}
		if err != nil {
			return err
		}
		o.events = subscriber.events
		problems := check(tasks, o)
		if len(problems) == 0 || time.Now().After(deadline) {
			return errors.Join(problems...)
		}
		fmt.Print(".")
		if err := pause.For(ctx, 250*time.Millisecond); err != nil {
			return err
		}
	}
}

// show prints the output of subcommands of sdtasks.
func show(ctx context.Context, s *stack.Stack, commands ...[]string) error {
	for _, args := range commands {
		fmt.Printf("\n$ sdtasks %s\n", strings.Join(args, " "))
		if err := sdtasks(ctx, s, os.Stdout, args...); err != nil {
			return err
		}
	}
	return nil
}

// sdtasks runs a subcommand of the operator's command.
func sdtasks(ctx context.Context, s *stack.Stack, out io.Writer, args ...string) error {
	var progress bytes.Buffer
	command := exec.CommandContext(ctx, filepath.Join(s.Root, "build/bin/sdtasks"), args...)
	own := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	command.Env = append(own, append(s.Environment(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")...)
	command.Args[0] = "sdtasks" // the name in the command lines that it suggests
	command.Stdout, command.Stderr = out, &progress
	if err := command.Run(); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil {
		return fmt.Errorf("sdtasks %s: %w\n%s", args[0], err, &progress)
	}
	return nil
}

// conclude writes the report beside the logs, and prints the paths of all results.
func conclude(ctx context.Context, s *stack.Stack) error {
	page := filepath.Join(filepath.Dir(s.LogsDir), "report.html")
	if err := sdtasks(ctx, s, io.Discard, "report", "--inline", page); err != nil {
		return err
	}
	fmt.Printf(`
The tasks and their images, for a browser: %s
With make local, this page is live: . .local/env, then make tasks ARGS=browse.
`, page)
	if s.ObjectsDir != "" {
		fmt.Printf("The images are plain files: %s\n", filepath.Join(s.ObjectsDir, s.Outputs[deployment.DeliveryBucket]))
	}
	fmt.Printf("The functions' logs: %s\n\nEverything is as expected.\n", s.LogsDir)
	return nil
}
