// Package prepare builds what tests need and go test doesn't build: the local servers'
// packages, programs, and the synthesized template. It calls make, and makes Go's test
// cache depend on the result ("go help test": cached results depend on the files that a
// test opens within its module).
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

// sources are the files and folders of the project that make builds from.
var sources = []string{"Makefile", "go.mod", "go.sum", "cdk.json", "functions", "shared", "infra"}

// What is made, or run as it is.
const (
	packages   = "infra/node_modules/.stamp"
	servers    = "infra/local/servers/node/servers.mjs"
	s3         = "build/bin/local-s3"
	localStack = "build/bin/local"
	browser    = "infra/operator/page/browser/node_modules/.stamp"
	driver     = "infra/operator/page/browser/drive.mjs"
)

// Servers installs the packages of the local DynamoDB, SNS and SQS servers.
func Servers(t testing.TB) {
	t.Helper()
	run(t, []string{packages}, packages, servers)
}

// S3 compiles the local S3 server.
func S3(t testing.TB) {
	t.Helper()
	run(t, []string{"s3"}, s3)
}

// Browser installs the browser that tests drive.
func Browser(t testing.TB) {
	t.Helper()
	run(t, []string{browser}, browser, driver)
}

// Function compiles a Lambda function's package, such as functions/record, for
// this machine, and returns the executable's path.
func Function(t testing.TB, folder string) string {
	t.Helper()
	program := path.Join("build/bin", path.Base(folder))
	run(t, []string{"programs", "PROGRAMS=./" + folder}, program)
	return filepath.Join(Root(), program)
}

// Package compiles a Lambda function, such as record, for AWS Lambda, and returns the
// executable's path.
func Package(t testing.TB, name string) string {
	t.Helper()
	program := path.Join("build/functions", name, "bootstrap")
	run(t, []string{"lambda"}, program)
	return filepath.Join(Root(), program)
}

// Stack builds everything that the local stack needs: the servers' packages, all
// programs, and the template in cdk.out/. The test cache records the template and the
// functions when the test starts the stack, which opens them.
func Stack(t testing.TB) {
	t.Helper()
	run(t, []string{"prepare"}, packages, servers, s3, localStack)
}

// DiskDir makes a temporary directory on the project's file system, for objects. The
// machine's temporary directory may be in memory, without room for large objects and,
// in an older Linux, without the extended attributes that the S3 server needs. The
// caller must call remove.
//
// go test's cache takes each folder that a test opens within the module as an input. So
// DiskDir makes and removes the directory without opening its parent, which changes
// with every run.
func DiskDir() (dir string, remove func() error, err error) {
	parent := filepath.Join(Root(), "build/tmp")
	// MkdirAll and RemoveAll would open the parent.
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

// Root returns the project's directory: the working directory of the first call or its
// nearest ancestor that has a go.mod. It panics if no directory has a go.mod.
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

// made has the results of this process's calls of make, by their arguments.
var (
	mutex sync.Mutex
	made  = map[string]error{}
)

func run(t testing.TB, arguments []string, results ...string) {
	t.Helper()
	mutex.Lock()
	defer mutex.Unlock()
	key := strings.Join(append(arguments, results...), " ")
	err, done := made[key]
	if !done {
		err = build(Root(), arguments, results)
		made[key] = err
	}
	if err != nil {
		t.Fatal(err)
	}
}

// build calls make to build the results, and opens them for the test cache. That is
// enough if make test has built them before go test checks its cache. Otherwise the
// results may be out of date when go test checks, so build opens all sources, too.
func build(root string, arguments, results []string) error {
	if os.Getenv(doneVariable) == "" {
		if err := show(root, sources); err != nil {
			return err
		}
		if err := callMake(root, arguments); err != nil {
			return err
		}
	}
	for _, result := range results {
		if _, err := os.Stat(filepath.Join(root, result)); err != nil {
			return fmt.Errorf("%w: run make prepare", err)
		}
	}
	return nil
}

// show walks the sources, so that the test cache records each file's size and
// modification time.
func show(root string, sources []string) error {
	for _, source := range sources {
		err := filepath.WalkDir(filepath.Join(root, source), func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("walk the sources: %w", err)
		}
	}
	return nil
}

// callMake runs make. The tests of several packages run concurrently, so a lock
// serializes their make processes. The operating system releases it however this
// process ends.
func callMake(root string, arguments []string) error {
	lock, err := os.Open(filepath.Join(root, "Makefile"))
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	command := exec.Command("make", append([]string{"--silent"}, arguments...)...)
	command.Dir = root
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains([]string{"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}, name)
	})
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("make %s: %w\n%s", strings.Join(arguments, " "), err, output)
	}
	return nil
}
