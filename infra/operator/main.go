// Command sdtasks answers an operator's questions about the tasks of a deployed stack, and redrives its dead letters.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/doctor"
	"sdtasktracker/infra/operator/letters"
)

// subcommands are those of the command line, in the order of its help.
type subcommands struct {
	List       List            `cmd:"" help:"List tasks, newest first."`
	Stuck      Stuck           `cmd:"" help:"List tasks that have been running for too long, longest first."`
	Failures   Failures        `cmd:"" help:"List failed tasks with their errors, newest first."`
	Get        Get             `cmd:"" help:"Show all of one task."`
	Stats      Stats           `cmd:"" help:"Count tasks, images and failures, and measure how long they took."`
	Watch      Watch           `cmd:"" help:"Print changes until Ctrl-C, or until tasks have ended."`
	Reconcile  Reconcile       `cmd:"" help:"Find what was never announced or never arrived, and repair it."`
	Report     Report          `cmd:"" help:"Write a page with tasks, images, timeline and dead letters."`
	Doctor     doctor.Command  `cmd:"" help:"Check the stack and everything around it."`
	Redrive    letters.Redrive `cmd:"" help:"Retry dead letters, or save and delete them."`
	Completion completion      `cmd:"" help:"Print how a shell completes this command's words."`
	Version    versionCommand  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main[subcommands](ctx, cli.Surroundings{
		Terminal: command.Terminal{
			Out: os.Stdout, Progress: os.Stderr,
			Colored: isTerminal(os.Stdout) && wantsColor(os.Getenv), Watched: isTerminal(os.Stderr),
		},
		Clock: command.SystemClock, Variables: os.Environ(),
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wantsColor honors the variables that turn colors off (https://no-color.org).
func wantsColor(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}
