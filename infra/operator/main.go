// Command sdtasks answers an operator's questions about the tasks of a deployed stack, and redrives its dead letters.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/cheggaaa/pb/v3/termutil"

	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/doctor"
	"sdtasktracker/infra/operator/letters"
	"sdtasktracker/infra/operator/page"
	"sdtasktracker/infra/operator/runs"
	"sdtasktracker/infra/operator/setup"
	"sdtasktracker/infra/operator/tasks"
)

// subcommands are in the order of the help text.
type subcommands struct {
	Init       setup.Command   `cmd:"" help:"Find the guidance's stack, and write the settings."`
	List       tasks.List      `cmd:"" help:"List tasks, newest first."`
	Stuck      tasks.Stuck     `cmd:"" help:"List tasks that have been running or queued for too long, longest first."`
	Failures   tasks.Failures  `cmd:"" help:"List failed tasks with their errors and prompts, newest first."`
	Get        tasks.Get       `cmd:"" help:"Show everything known about one task."`
	Stats      tasks.Stats     `cmd:"" help:"Count tasks, images and failures, and measure how long they took."`
	Watch      tasks.Watch     `cmd:"" help:"Print status changes until Ctrl-C or until tasks have ended."`
	Reconcile  runs.Reconcile  `cmd:"" help:"Find runs that were never recorded or delivered, and repair them."`
	Browse     page.Browse     `cmd:"" help:"Look at tasks and their images in a browser."`
	Report     page.Report     `cmd:"" help:"Write the page of browse to a file that you can share."`
	Doctor     doctor.Command  `cmd:"" help:"Check the stack and everything around it."`
	Redrive    letters.Redrive `cmd:"" help:"Retry dead letters, or save and delete them."`
	Completion completion      `cmd:"" help:"Print a script for shell completion."`
	Version    versionCommand  `cmd:"" help:"Print the version."`
}

func main() {
	signal.Ignore(syscall.SIGPIPE) // so that a closed stderr does not end the command halfway
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Reset(os.Interrupt, syscall.SIGTERM) // a second Ctrl-C ends the process at once
		cancel()
	}()
	code := cli.Main[subcommands](ctx, cli.Surroundings{
		Terminal: command.Terminal{
			Out: os.Stdout, Progress: os.Stderr, Columns: columnsOf(os.Stdout),
			Colored: isTerminal(os.Stdout) && wantsColor(os.Getenv), Watched: isTerminal(os.Stderr),
		},
		Clock: command.SystemClock, Variables: os.Environ(), Program: command.Program(os.Args[0]),
	}, os.Args[1:])
	cancel()
	os.Exit(code)
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// columnsOf returns the width of a terminal in columns of text; 0 if the file is not a terminal.
func columnsOf(file *os.File) int {
	if !isTerminal(file) {
		return 0
	}
	columns, err := termutil.TerminalWidth()
	if err != nil {
		return 0
	}
	return columns
}

// wantsColor honors the variables that turn colors off (https://no-color.org).
func wantsColor(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}
