package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deployment"
)

// answered is an answer that the page was able to read.
type answered struct {
	Path, Method string
	Status       int
}

// TestWebPage: a page of another origin, in a real browser, tries every server of the local stack, those of sandboxes
// included. It reads nothing, not even by DNS rebinding, and nothing happens.
func TestWebPage(t *testing.T) {
	prepare.Stack(t)
	prepare.Browser(t)
	s, err := stack.Start(t.Context(), stack.Options{
		Root: prepare.Root(), StateDir: filepath.Join(prepare.TestDiskDir(t), "stack"),
		AccessKey: "LOCAL" + rand.Text(), SecretKey: rand.Text(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	function := s.Outputs[deployment.FunctionOutput("record")]
	if _, err := s.Lambda().Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &function}); err != nil {
		t.Fatal(err) // the invocation starts a sandbox, which has a server
	}
	ports := listening(t)
	defenseless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	t.Cleanup(defenseless.Close)
	_, defenselessPort, _ := strings.Cut(strings.TrimPrefix(defenseless.URL, "http://"), ":")

	before := state(t, s)
	read, rebound := attack(t, function, defenseless.URL, append(slices.Clone(ports), defenselessPort))
	if len(read[defenselessPort]) == 0 || len(rebound[defenselessPort]) == 0 {
		t.Fatal("the attack fails where nothing defends")
	}
	for _, port := range ports {
		if len(read[port]) > 0 {
			t.Errorf("of port %s, a page reads %v", port, read[port])
		}
		for _, answer := range rebound[port] {
			if answer.Status != http.StatusForbidden {
				t.Errorf("port %s answers a page whose name points to it: %+v", port, answer)
			}
		}
	}
	if after := state(t, s); after != before || len(ports) < 6 {
		t.Errorf("something happened at %d ports:\n%s\nbefore:\n%s", len(ports), after, before)
	}
}

// attack lets the browser send requests to all servers, including a function and the Runtime API.
func attack(t *testing.T, function, origin string, ports []string) (read, rebound map[string][]answered) {
	t.Helper()
	paths := []string{"/", "/?Action=ListTopics", "/2018-06-01/runtime/invocation/next",
		"/2015-03-31/functions/" + function + "/invocations"}
	numbers := []int{}
	for _, port := range ports {
		n, _ := strconv.Atoi(port)
		numbers = append(numbers, n)
	}
	request, _ := json.Marshal(map[string]any{"origin": origin, "ports": numbers, "paths": paths})
	command := exec.CommandContext(t.Context(), "node",
		filepath.Join(prepare.Root(), "infra/operator/page/browser/attack.mjs"), string(request))
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	var result struct{ Read, Rebound map[string][]answered }
	if err := json.Unmarshal(output, &result); err != nil {
		t.Fatal(err)
	}
	return result.Read, result.Rebound
}

// state is what an attack could change: topics, queues, and the functions' logs.
func state(t *testing.T, s *stack.Stack) string {
	t.Helper()
	topics, err := s.SNS().ListTopics(t.Context(), &sns.ListTopicsInput{})
	if err != nil {
		t.Fatal(err)
	}
	queues, err := s.SQS().ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	seen := fmt.Sprintf("%d topics, %d queues\n", len(topics.Topics), len(queues.QueueUrls))
	for _, name := range []string{"record", "deliver", "redrive", "reconcile"} {
		log, err := os.ReadFile(filepath.Join(s.LogsDir, s.Outputs[deployment.FunctionOutput(name)]+".log"))
		if err != nil {
			t.Fatal(err)
		}
		seen += fmt.Sprintf("%s: %d lines\n", name, strings.Count(string(log), "\n"))
	}
	return seen
}

// listening are the TCP ports on which this process and those that it started listen.
func listening(t *testing.T) (ports []string) {
	t.Helper()
	sockets := map[string]bool{}
	for _, pid := range family(t) {
		links, _ := filepath.Glob("/proc/" + pid + "/fd/*")
		for _, link := range links {
			target, _ := os.Readlink(link) // the file may be closed by now
			sockets[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, _ := os.ReadFile(table) // the machine may have no IPv6
		for line := range strings.Lines(string(data)) {
			// "proc(5)": local address 1, state 3 (0A is listening), inode 9
			fields := strings.Fields(line)
			if len(fields) < 10 || fields[3] != "0A" || !sockets[fields[9]] {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			port, err := strconv.ParseUint(hex, 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			ports = append(ports, fmt.Sprint(port))
		}
	}
	return ports
}

// family are the process IDs of this process and those that it started.
func family(t *testing.T) []string {
	t.Helper()
	all := []string{strconv.Itoa(os.Getpid())}
	for i := 0; i < len(all); i++ {
		tasks, err := filepath.Glob("/proc/" + all[i] + "/task/*/children")
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			children, _ := os.ReadFile(task) // the thread may have ended
			all = append(all, strings.Fields(string(children))...)
		}
	}
	return all
}
