package lambdahost

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"sdtasktracker/infra/local/process"
	"sdtasktracker/infra/loopback"
)

// sandbox is a process of a function, with its own Runtime API server. It handles one
// invocation at a time.
type sandbox struct {
	function Function
	command  *exec.Cmd
	api      *loopback.Server
	busy     bool // guarded by the function's mutex

	asking  sync.Once
	asked   chan struct{}   // closed when the runtime asks for its first event
	next    chan invocation // to the runtime
	answers chan answer     // from the runtime
	ended   chan struct{}   // closed when the process has ended
	exit    error           // how it ended; set before ended is closed
}

type invocation struct {
	requestID string
	event     []byte
	deadline  time.Time
}

type answer struct {
	requestID string
	payload   []byte
	failed    bool
}

// startSandbox starts a process; its first invocation waits for it to be ready.
func startSandbox(f Function) (*sandbox, error) {
	s := &sandbox{
		function: f,
		command:  exec.Command(f.Bootstrap),
		asked:    make(chan struct{}),
		next:     make(chan invocation),
		answers:  make(chan answer),
		ended:    make(chan struct{}),
	}
	var err error
	if s.api, err = loopback.Serve(s.runtimeAPI()); err != nil {
		return nil, fmt.Errorf("serve the Runtime API: %w", err)
	}
	s.command.Dir = filepath.Dir(f.Bootstrap)
	s.command.Env = s.environment(strings.TrimPrefix(s.api.URL, "http://"))
	s.command.Stdout, s.command.Stderr = f.Log, f.Log
	if err := process.Start(s.command); err != nil {
		_ = s.api.Close()
		return nil, fmt.Errorf("start %s: %w", f.Bootstrap, err)
	}
	go func() {
		s.exit = s.command.Wait()
		close(s.ended)
		_ = s.api.Close()
	}()
	return s, nil
}

// environment returns the environment that Lambda sets ("Using Lambda environment
// variables"). It takes only PATH from this process's own environment.
func (s *sandbox) environment(runtimeAPI string) []string {
	f := s.function
	variables := []string{
		"PATH=" + os.Getenv("PATH"),
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME=" + f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=local",
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(f.Bootstrap),
		"_HANDLER=bootstrap",
		"TZ=:UTC",
	}
	for name, value := range f.Environment {
		variables = append(variables, name+"="+value)
	}
	return variables
}

// invoke passes an event to the runtime and waits for the response, up to the
// function's timeout.
func (s *sandbox) invoke(requestID string, event []byte) ([]byte, error) {
	deadline := time.Now().Add(s.function.Timeout)
	timeout := time.NewTimer(s.function.Timeout)
	defer timeout.Stop()
	select {
	case s.next <- invocation{requestID, event, deadline}:
	case <-s.ended:
		return nil, s.exited(requestID)
	case <-timeout.C:
		return nil, s.timedOut(requestID)
	}
	for {
		select {
		case a := <-s.answers:
			switch {
			case a.requestID != requestID:
				continue
			case a.failed:
				return nil, parseFunctionError(a.payload)
			}
			return a.payload, nil
		case <-s.ended:
			return nil, s.exited(requestID)
		case <-timeout.C:
			return nil, s.timedOut(requestID)
		}
	}
}

func (s *sandbox) exited(requestID string) error {
	reason := "exit status 0"
	if s.exit != nil {
		reason = s.exit.Error()
	}
	return newFunctionError("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", requestID, reason)
}

func (s *sandbox) timedOut(requestID string) error {
	s.close()
	return newFunctionError("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds",
		requestID, s.function.Timeout.Seconds())
}

func (s *sandbox) alive() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// close kills the process and waits for it to end.
func (s *sandbox) close() {
	process.Kill(s.command)
	<-s.ended
}

// runtimeAPI serves the four operations of the Runtime API.
func (s *sandbox) runtimeAPI() http.Handler {
	const base = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", s.serveNext)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", s.serveAnswer(false))
	mux.HandleFunc("POST "+base+"invocation/{id}/error", s.serveAnswer(true))
	mux.HandleFunc("POST "+base+"init/error", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(s.function.Log, r.Body)
		w.WriteHeader(http.StatusAccepted) // the runtime exits now
	})
	return mux
}

func (s *sandbox) serveNext(w http.ResponseWriter, r *http.Request) {
	s.asking.Do(func() { close(s.asked) })
	select {
	case next := <-s.next:
		header := w.Header()
		header.Set("Lambda-Runtime-Aws-Request-Id", next.requestID)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(next.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", s.function.ARN)
		header.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		header.Set("Content-Type", "application/json")
		_, _ = w.Write(next.event)
	case <-r.Context().Done():
	case <-s.ended:
	}
}

func (s *sandbox) serveAnswer(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		failed := failed
		payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBytes))
		if err != nil {
			tooLarge := newFunctionError("Function.ResponseSizeTooLarge",
				"Response payload size exceeded the maximum allowed payload size (%d bytes)", maxBytes)
			payload, failed = tooLarge.Payload, true
		}
		select {
		case s.answers <- answer{requestID: r.PathValue("id"), payload: payload, failed: failed}:
			w.WriteHeader(http.StatusAccepted)
		case <-r.Context().Done():
		case <-s.ended:
		}
	}
}
