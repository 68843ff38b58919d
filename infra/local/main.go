// Command local-stack deploys the template in cdk.out/ on this machine: real
// servers that speak S3, DynamoDB, SNS and SQS, and the compiled functions
// over the Lambda Runtime API. It needs no AWS account.
//
//	local-stack up    deploy, and keep the stack running until Ctrl-C
//	local-stack run   deploy, run the demonstration, check it, and exit
//
// LOCAL_RETRY_DELAY, a Go duration, is the delay before the first retry of a failed
// event (default 500ms). AWS_ENDPOINT_URL_DYNAMODB, _S3, _SNS and _SQS are the
// endpoints of servers that replace the stack's own.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sdtasktracker/infra/local/demo"
	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/pause"
)

const defaultRetryDelay = 500 * time.Millisecond

func main() {
	var err error
	switch strings.Join(os.Args[1:], " ") {
	case "up":
		err = withStack("stack", up)
	case "run":
		err = withStack("run", demo.Run)
	default:
		err = errors.New("usage: local-stack up|run (make local, make run)")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local-stack:", err)
		if errors.Is(err, errInterrupted) {
			os.Exit(130)
		}
		os.Exit(1)
	}
}

// errInterrupted replaces the errors of requests that Ctrl-C canceled.
var errInterrupted = errors.New("interrupted")

// withStack deploys the stack with its state in .local/NAME, does the work, and
// stops everything it started. A signal cancels the work's context, and so does the
// end of the parent process or of a server that the stack needs.
func withStack(name string, work func(context.Context, *stack.Stack) error) (err error) {
	accident, cancel := context.WithCancelCause(context.Background())
	ctx, stop := signal.NotifyContext(accident, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	defer func() {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil && accident.Err() == nil {
			err = errInterrupted
		}
	}()
	go cancelWithParent(ctx, cancel)

	options, unlock, err := configure(name)
	if err != nil {
		return err
	}
	defer unlock()
	options.Failed = func(err error) { cancel(fmt.Errorf("a server of the local stack ended unexpectedly: %w", err)) }
	start := time.Now()
	fmt.Println("Deploying cdk.out/ to this machine …")
	s, err := stack.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	fmt.Printf("%s is up after %.1f s.\n", s.Name, time.Since(start).Seconds())
	fmt.Printf("In the template, but without effect on this machine: %s.\n\n", strings.Join(s.NotRun(), ", "))
	return errors.Join(work(ctx, s), context.Cause(accident))
}

// cancelWithParent ends the stack when the parent process, usually make, has ended,
// because the parent can no longer forward a signal.
func cancelWithParent(ctx context.Context, cancel context.CancelCauseFunc) {
	for parent := os.Getppid(); os.Getppid() == parent; {
		if pause.For(ctx, 200*time.Millisecond) != nil {
			return
		}
	}
	cancel(errors.New("the program that started the local stack has ended"))
}

// configure reads the settings and locks the state directory.
func configure(name string) (options stack.Options, unlock func(), err error) {
	root, err := os.Getwd()
	if err != nil {
		return options, nil, err
	}
	options = stack.Options{
		Root: root, StateDir: filepath.Join(root, ".local", name), RetryDelay: defaultRetryDelay,
		// They are random, so that a web page can't use the stack.
		AccessKey: "LOCAL" + rand.Text(), SecretKey: rand.Text(),
	}
	if value := os.Getenv("LOCAL_RETRY_DELAY"); value != "" {
		options.RetryDelay, err = time.ParseDuration(value)
		if err != nil || options.RetryDelay < 0 {
			return options, nil, fmt.Errorf("LOCAL_RETRY_DELAY is %q: it must be a duration such as 500ms or 2s", value)
		}
	}
	if options.Endpoints, err = foreignEndpoints(root); err != nil {
		return options, nil, err
	}
	if options.Endpoints["S3"] != "" { // the user's S3 server may check signatures
		options.AccessKey, options.SecretKey = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	}
	unlock, err = lock(options.StateDir + ".lock")
	return options, unlock, err
}

// foreignEndpoints returns the endpoints that the user set to replace the stack's
// own servers, by service. It ignores those that the shell sourced from an earlier
// stack's .local/env.
func foreignEndpoints(root string) (map[string]string, error) {
	earlier, _ := os.ReadFile(filepath.Join(root, envFile)) // the file may be missing
	endpoints := map[string]string{}
	for _, service := range []string{"DYNAMODB", "S3", "SNS", "SQS"} {
		name := "AWS_ENDPOINT_URL_" + service
		endpoint := os.Getenv(name)
		if endpoint == "" || strings.Contains(string(earlier), shellLine(name+"="+endpoint)) {
			continue
		}
		parsed, err := url.Parse(endpoint)
		if err != nil || parsed.Port() == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
			return nil, fmt.Errorf("%s is %q: it must be a URL such as http://127.0.0.1:8000, or unset", name, endpoint)
		}
		connection, err := net.DialTimeout("tcp", parsed.Host, time.Second)
		if err != nil {
			return nil, fmt.Errorf("%s is %q, but nothing listens there: unset it to use the stack's own server", name, endpoint)
		}
		_ = connection.Close()
		endpoints[service] = endpoint
	}
	return endpoints, nil
}

// lock keeps two stacks from sharing a state directory. The operating system
// releases the lock however this process ends.
func lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, errors.New("another local stack is running in this directory: end it first (Ctrl-C)")
	}
	return func() { _ = file.Close() }, nil
}
