package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
)

// update rewrites golden files with what the tests got.
var update = flag.Bool("update", false, "rewrite testdata/*.golden")

func TestMain(m *testing.M) {
	code, err := amongStubs(m)
	closeQuietly() // the race detector, with which make test doesn't run these tests, would find a race in it
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// amongStubs runs the tests in a directory where every function seems to be
// built: assets' paths are relative to the working directory, and the template
// does not depend on what is in them.
func amongStubs(m *testing.M) (int, error) {
	mains, err := filepath.Glob(filepath.Join(prepare.Root(), "functions/*/main.go"))
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "cdk-stubs-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		stub := filepath.Join(dir, "build/functions", name)
		if err := os.MkdirAll(stub, 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(stub, "bootstrap"), []byte(name), 0o755); err != nil {
			return 0, err
		}
	}
	if err := os.Chdir(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// checkGolden compares lines with testdata/NAME.golden.
func checkGolden(t *testing.T, name string, lines []string) {
	t.Helper()
	path := filepath.Join(prepare.Root(), "infra/cdk/testdata", name+".golden")
	got := strings.Join(lines, "")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); to accept it, run go test ./infra/cdk -run TestTemplate -update\n%s", path, diff)
	}
}
