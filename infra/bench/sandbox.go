package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"sdtasktracker/infra/local/process"
)

// timeout is how long a sandbox may take to initialize, or to answer.
const timeout = time.Minute

// sandbox is a function's process, and the Runtime API that it calls ("Using the Lambda
// runtime API for custom runtimes" in the AWS Lambda Developer Guide).
type sandbox struct {
	// Init is the time from the process's start to its first request for an event.
	Init time.Duration

	command  *exec.Cmd
	listener net.Listener
	ended    chan struct{} // closed when the process has ended
	asked    chan struct{} // the process wants an event
	events   chan []byte
	answers  chan answer
}

type answer struct {
	path, body string
	at         time.Time
}

// newSandbox starts a function's process and waits until it is initialized.
func newSandbox(environment []string, command ...string) (*sandbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		listener: listener, ended: make(chan struct{}),
		asked: make(chan struct{}, 1), events: make(chan []byte), answers: make(chan answer, 1),
	}
	go func() { _ = http.Serve(listener, s) }()
	s.command = exec.Command(command[0], command[1:]...)
	s.command.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=bench",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", // as in Lambda; without it, Go would use two threads
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir(),
	}, environment...)
	var stderr strings.Builder
	s.command.Stderr = &stderr
	start := time.Now()
	if err := process.Start(s.command); err != nil {
		_ = listener.Close()
		return nil, err
	}
	go func() {
		_ = s.command.Wait() // how it ended does not matter
		close(s.ended)
	}()
	select {
	case <-s.asked:
		s.Init = time.Since(start)
		return s, nil
	case <-s.ended:
		err = errors.New("it has ended")
	case <-time.After(timeout):
		err = fmt.Errorf("not after %v", timeout)
	}
	s.close()
	return nil, fmt.Errorf("%s is not initialized: %w: %s", command[0], err, stderr.String())
}

// invoke runs the function with an event, and returns how long it took from its hand-over
// to its answer.
func (s *sandbox) invoke(event []byte) (time.Duration, error) {
	start := time.Now()
	s.events <- event
	select {
	case a := <-s.answers:
		took := a.at.Sub(start)
		<-s.asked
		if !strings.HasSuffix(a.path, "/response") {
			return took, fmt.Errorf("the function failed: %s", a.body)
		}
		return took, nil
	case <-time.After(timeout):
		return 0, fmt.Errorf("no answer after %v", timeout)
	}
}

// ServeHTTP is the Runtime API.
func (s *sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/invocation/next") {
		body, _ := io.ReadAll(r.Body)
		s.answers <- answer{r.URL.Path, string(body), time.Now()}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	s.asked <- struct{}{}
	event := <-s.events
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "bench")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(timeout).UnixMilli()))
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:bench")
	_, _ = w.Write(event)
}

// resident is what the process has in memory, in bytes; 0 where there is no /proc.
func (s *sandbox) resident() (bytes int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			_, _ = fmt.Sscan(rest, &bytes)
		}
	}
	return bytes << 10
}

func (s *sandbox) close() {
	process.Kill(s.command)
	<-s.ended
	_ = s.listener.Close()
}
