// Package prepare builds what tests need and go test does not build: the local
// servers' packages, compiled functions, and the synthesized template. It calls
// make, and makes Go's test cache depend on every source of those, so that an edit
// invalidates cached results ("go help test": cached results depend on the files
// that the test opens within its module).
//
// Call its functions while tests run, not in TestMain: only then does go test
// record which files are opened.
package prepare

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// doneVariable, if set, means that everything is already built. make test sets it.
const doneVariable = "TESTS_PREPARED"

// Sources of what make builds.
var (
	buildFiles     = []string{"Makefile", "go.mod", "go.sum"}
	serverFiles    = []string{"infra/package.json", "infra/package-lock.json", "infra/.npmrc", "infra/local/servers/node"}
	functionFiles  = []string{"functions", "shared"}
	synthesisFiles = []string{"cdk.json", "infra/cdk"}
)

// Servers installs the packages of the local DynamoDB, SNS and SQS servers.
func Servers(t testing.TB) {
	t.Helper()
	run(t, "infra/node_modules/.stamp", serverFiles)
}

// S3 compiles the local S3 server.
func S3(t testing.TB) {
	t.Helper()
	run(t, "build/local-s3", []string{"infra/local/servers/s3/gateway", "infra/local/copyguard"})
}

// Browser installs the browser that looks at reports.
func Browser(t testing.TB) {
	t.Helper()
	run(t, "infra/report/browser/node_modules/.stamp", []string{"infra/report/browser/package-lock.json",
		"infra/report/browser/look.mjs"})
}

// Function compiles a Lambda function's package, such as functions/record, for
// this machine as the Makefile does, and returns the executable's path.
func Function(t testing.TB, folder string) string {
	t.Helper()
	target := path.Join("build/local", folder, "bootstrap")
	run(t, target, []string{"shared", folder})
	return filepath.Join(Root(), target)
}

// Stack builds everything that the local stack needs: the servers' packages, all
// functions, the template in cdk.out/ and build/local-stack.
func Stack(t testing.TB) {
	t.Helper()
	run(t, "prepare", serverFiles, functionFiles, synthesisFiles, []string{"infra/local"})
}

// DiskDir makes a temporary directory on the project's file system, for objects: the
// machine's own may be memory, which has neither room for large ones nor, in an
// older Linux, the extended attributes that the S3 server needs. The caller must
// call remove.
//
// go test takes each folder that a test opens within the module for an input. So this
// makes and removes the directory without opening its parent, which changes with
// every run.
func DiskDir() (dir string, remove func() error, err error) {
	parent := filepath.Join(Root(), "build/tmp")
	// MkdirAll and RemoveAll would open it.
	if err := os.Mkdir(parent, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", nil, err
	}
	dir, err = os.MkdirTemp(parent, "")
	return dir, func() error { return removeDir(dir) }, err
}

func removeDir(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return errors.Join(err, os.Remove(dir))
}

// TestDiskDir is DiskDir for as long as a test runs.
func TestDiskDir(t testing.TB) string {
	t.Helper()
	dir, remove, err := DiskDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = remove() })
	return dir
}

// Root is the project's directory: the working directory of the first call, or its
// nearest ancestor, that has a go.mod. It panics if there is none.
var Root = sync.OnceValue(func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			panic("neither the working directory nor one above it has a go.mod")
		}
		dir = filepath.Dir(dir)
	}
})

// made has the result of every make target that this process has requested.
var (
	mutex sync.Mutex
	made  = map[string]error{}
)

func run(t testing.TB, target string, sources ...[]string) {
	t.Helper()
	mutex.Lock()
	defer mutex.Unlock()
	err, done := made[target]
	if !done {
		err = errors.Join(show(Root(), slices.Concat(append(sources, buildFiles)...)), makeTarget(Root(), target))
		made[target] = err
	}
	if err != nil {
		t.Fatal(err)
	}
}

// show walks every source, so that the test cache records each file's size and
// modification time.
func show(root string, sources []string) error {
	for _, source := range sources {
		err := filepath.WalkDir(filepath.Join(root, source), func(_ string, _ fs.DirEntry, err error) error { return err })
		if err != nil {
			return fmt.Errorf("walk the sources: %w", err)
		}
	}
	return nil
}

// makeTarget runs make. The tests of several packages run concurrently, so a lock
// serializes their make processes. The operating system releases it however this
// process ends.
func makeTarget(root, target string) error {
	if os.Getenv(doneVariable) != "" {
		return nil
	}
	lock, err := os.Open(filepath.Join(root, "Makefile"))
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	command := exec.Command("make", "--silent", target)
	command.Dir = root
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}, name)
	})
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make %s: %w\n%s", target, err, output)
	}
	return nil
}
