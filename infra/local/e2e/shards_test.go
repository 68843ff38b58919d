package e2e

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sdtasktracker/infra/local/process"
)

// shardVariable is set in a shard: a process that runs some of the tests, on a stack
// of its own. It is the directory where the shard says what its tests did not use.
const shardVariable = "E2E_SHARD"

// shards are sets of tests that mostly wait, and take about the same time. Each set
// runs in a process of its own beside the first process, which runs the other tests,
// because a stack runs only one test at a time.
var shards = [][]string{
	{"TestRedriveKilled"},
	{"TestChaos", "TestFaults"},
	{"TestAttempts", "TestReconcile", "TestLoad", "TestTableDownForGood"},
	{"TestTimeout", "TestRedriveDryRun", "TestRedriveConditions", "TestRedriveFailsAgain", "TestRedriveRate",
		"TestEventOfManyImages", "TestNothingOutlivesTheStack"},
}

// chosen reports whether only some tests were requested.
var chosen bool

// runSharded runs all tests in several processes, or only the requested tests in this
// process.
func runSharded(m *testing.M) (code int, err error) {
	flag.Parse()
	chosen = value("test.run")+value("test.skip")+value("test.list") != ""
	if os.Getenv(shardVariable) != "" || chosen {
		return m.Run(), nil
	}
	dir := filepath.Join(stateDir, "shards")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return 0, err
	}
	if err := flag.Set("test.skip", pattern(slices.Concat(shards...))); err != nil {
		return 0, err
	}
	var running sync.WaitGroup
	outputs, errs := make([]bytes.Buffer, len(shards)), make([]error, len(shards))
	for i, tests := range shards {
		command := exec.Command(os.Args[0], "-test.run="+pattern(tests), "-test.timeout="+value("test.timeout"),
			"-test.v="+value("test.v"))
		command.Env = append(os.Environ(), shardVariable+"="+dir)
		command.Stdout, command.Stderr = &outputs[i], &outputs[i]
		running.Go(func() {
			if errs[i] = process.Start(command); errs[i] == nil {
				errs[i] = command.Wait()
			}
		})
	}
	code = m.Run()
	running.Wait()
	for i := range shards {
		if errs[i] != nil || testing.Verbose() {
			fmt.Printf("%s", outputs[i].Bytes())
		}
		if errs[i] != nil {
			errs[i] = fmt.Errorf("%s: %w", strings.Join(shards[i], ", "), errs[i])
		}
	}
	return code, errors.Join(errs...)
}

func value(name string) string { return flag.Lookup(name).Value.String() }

func pattern(tests []string) string { return "^(" + strings.Join(tests, "|") + ")$" }

// leaveUnused writes down which rights this shard's tests did not use.
func leaveUnused(dir string, rights []string) error {
	return os.WriteFile(filepath.Join(dir, fmt.Sprint(os.Getpid())), []byte(strings.Join(rights, "\n")), 0o644)
}

// unusedEverywhere returns the rights that no shard's tests used either.
func unusedEverywhere(rights []string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(stateDir, "shards", "*"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		unused := strings.Split(string(text), "\n")
		rights = slices.DeleteFunc(rights, func(right string) bool { return !slices.Contains(unused, right) })
	}
	return rights, nil
}
