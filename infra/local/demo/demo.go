// Package demo demonstrates a local stack: it plays the guidance for a handful of
// tasks that cover every outcome, and checks the results.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/pause"
)

// patience is how long the stack may take to settle.
const patience = time.Minute

// Run plays the scenario's tasks, waits until the stack has processed them,
// and prints the results. Then it restores a missing image and redrives its dead
// letter. It returns an error if any result is not as expected within a minute.
func Run(ctx context.Context, s *stack.Stack) error {
	p := publisher{stack: s}
	queueURL, err := subscribe(ctx, s)
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
	observed, problems, err := settle(ctx, s, queueURL, tasks)
	if err != nil {
		return err
	}
	fmt.Println()
	printResults(os.Stdout, s, tasks, observed)
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	fmt.Print("\nAn operator puts the vanished image back, and redrives its dead letter.")
	mended := mend(tasks)
	if err := p.redrive(ctx); err != nil {
		return err
	}
	if observed, problems, err = settle(ctx, s, queueURL, mended); err != nil || len(problems) > 0 {
		return errors.Join(append(problems, err)...)
	}
	fmt.Print("\nIt is delivered now, and a queue has got that event.\n")
	fmt.Print("\nWhat of user u-7 failed, and the prompts: sdtasks failures --caller u-7\n")
	if err := sdtasks(ctx, s, os.Stdout, "failures", "--caller", "u-7"); err != nil {
		return err
	}
	path, err := writePage(ctx, s)
	if err != nil {
		return err
	}
	fmt.Printf("\nThe tasks and their images, for a browser: %s\n", path)
	fmt.Print("With make local, this page is live: . .local/env, then make tasks ARGS=browse.\n")
	fmt.Printf("\nAll as expected: %d tasks, %d objects, %d events, %d dead letters left.\n",
		len(observed.items), len(observed.objects), len(observed.events), len(observed.letters))
	return nil
}

// settle waits until everything is as expected or patience runs out, and returns
// what is not as expected.
func settle(ctx context.Context, s *stack.Stack, queueURL string, tasks []task) (observation, []error, error) {
	deadline := time.Now().Add(patience)
	for {
		o, err := observe(ctx, s, queueURL)
		if err != nil {
			return o, nil, err
		}
		problems := check(tasks, o)
		if len(problems) == 0 || time.Now().After(deadline) {
			return o, problems, nil
		}
		fmt.Print(".")
		if err := pause.For(ctx, 250*time.Millisecond); err != nil {
			return o, nil, errors.New("interrupted")
		}
	}
}
