package infra

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is what differs from one to another.
type machine struct {
	name string
	// prepare changes the clone, or what is above it. home is an empty directory.
	prepare func(t *testing.T, clone, home string)
	// environment is the user's, in which HOME stands for home.
	environment []string
	// shell is what the user's shell does before it runs make.
	shell string
	// unversioned machines can't tell the version, so the bytes are others.
	unversioned bool
}

var machines = []machine{
	{name: "a checkout with CRLF"}, // as TestMachines makes it
	{name: "umask 077", prepare: removeBuilt, shell: "umask 077; "},
	{name: "modes of an earlier build", prepare: hideBuilt},
	{name: "scripts that are not executable", prepare: func(t *testing.T, clone, _ string) {
		run(t, clone, "chmod", "-R", "a-x,a+X", ".ci", "infra")
	}},
	{name: "a checkout of another user", environment: []string{"GIT_TEST_ASSUME_DIFFERENT_OWNER=1"}},
	{name: "a go.work above", prepare: func(t *testing.T, clone, _ string) {
		write(t, filepath.Join(filepath.Dir(clone), "go.work"), "go 1.26\n", 0o644)
	}},
	{name: "a Go environment", environment: []string{"GOOS=windows", "GOARCH=arm64", "GOARM64=v9.0", "CGO_ENABLED=1",
		"GOFLAGS=-mod=vendor -race", "GOWORK=/nonexistent/go.work", "GOEXPERIMENT=nosuch", "GO111MODULE=off",
		"GOROOT=/nonexistent", "GODEBUG=x=y"}},
	{name: "go env -w", prepare: func(t *testing.T, _, home string) {
		write(t, filepath.Join(home, "goenv"), "GOFLAGS=-mod=mod -tags=x\nGOARCH=arm64\nGOARM64=v9.0\nCGO_ENABLED=1\n", 0o644)
	}, environment: []string{"GOENV=HOME/goenv"}},
	{name: "node of a version manager", prepare: useShim, environment: []string{"PATH=HOME/shims:" + os.Getenv("PATH")}},
	{name: "another app's context", prepare: func(t *testing.T, clone, home string) {
		removeTemplate(t, clone, home)
		write(t, filepath.Join(home, ".cdk.json"), `{"app": "false", "context": {"company": "acme", "tags": "a=b"}}`, 0o644)
		write(t, filepath.Join(clone, "cdk.context.json"), `{"dashboard": false}`, 0o644)
	}},
	{name: "a shell's environment", prepare: removeTemplate, environment: []string{"CDPATH=/:/tmp", "TMPDIR=/no where",
		"POSIXLY_CORRECT=1", "MAKEFLAGS=-j8", "AWS_PROFILE=none", "CDK_DEFAULT_ACCOUNT=111111111111",
		"CDK_DEFAULT_REGION=eu-west-1", "CDK_OUTDIR=/nonexistent"}},
	{name: "broken git", environment: []string{"GIT_DIR=/nonexistent"}, unversioned: true},
}

// TestMachines: a build gives the same bytes whatever the machine, the shell and the
// checkout are like. It takes a minute or more, so only make test-machines runs it.
func TestMachines(t *testing.T) {
	if os.Getenv("MACHINES") == "" {
		t.Skip("make test-machines runs it")
	}
	origin := snapshot(t)
	clone := cloneOf(t, origin, "clone", "-c", "core.autocrlf=true")
	var want, template string
	for _, m := range machines {
		t.Run(m.name, func(t *testing.T) {
			home := t.TempDir()
			if m.prepare != nil {
				m.prepare(t, clone, home)
			}
			m.synth(t, clone, home)
			checkModes(t, clone)
			got, gotTemplate := built(t, clone)
			if want == "" {
				want, template = got, gotTemplate
			}
			if !m.unversioned && (got != want || gotTemplate != template) {
				t.Errorf("it builds something else: %s, want %s", got, want)
			}
		})
	}
	// infra/setup.sh refuses what Go can't compile in.
	t.Run("an odd path", func(t *testing.T) {
		clone := cloneOf(t, origin, `it's "a" $HOME `+"`id`"+` & (b); #%[c]*?{d,e} ~!|<>:=@ü`)
		machine{}.synth(t, clone, t.TempDir())
		if got, gotTemplate := built(t, clone); got != want || gotTemplate != template {
			t.Errorf("it builds something else: %s, want %s", got, want)
		}
	})
}

// synth runs make synth.
func (m machine) synth(t *testing.T, clone, home string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", m.shell+"exec make --no-print-directory synth")
	command.Dir = clone
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "GO") || strings.HasPrefix(variable, "CGO_ENABLED=") // infra/env.sh has set them
	})
	command.Env = append(command.Env, "HOME="+home, "XDG_CACHE_HOME="+cacheHome())
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} { // from HOME, unless they are given
		command.Env = append(command.Env, name+"="+goEnv(t, name))
	}
	for _, variable := range m.environment {
		command.Env = append(command.Env, strings.ReplaceAll(variable, "HOME/", home+"/"))
	}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("make synth: %v\n%s", err, out)
	}
}

// built has the functions' hashes, and the template.
func built(t *testing.T, clone string) (functions, template string) {
	t.Helper()
	for _, name := range []string{"record", "deliver", "redrive", "reconcile"} {
		program, err := os.ReadFile(filepath.Join(clone, "build/functions", name, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		functions += fmt.Sprintf("%s %x ", name, sha256.Sum256(program))
	}
	text, err := os.ReadFile(filepath.Join(clone, "cdk.out/SdTaskTracker.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	return functions, string(text)
}

// checkModes: Lambda runs a package as another user than its files' owner, and the CDK CLI
// zips the files with their modes.
func checkModes(t *testing.T, clone string) {
	t.Helper()
	var packages []string
	for _, pattern := range []string{"build/functions/*", "cdk.out/asset.*"} {
		found, err := filepath.Glob(filepath.Join(clone, pattern))
		if err != nil || len(found) < 4 {
			t.Fatalf("%d packages at %s, %v", len(found), pattern, err)
		}
		packages = append(packages, found...)
	}
	for _, dir := range packages {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err == nil && info.Mode().Perm()&0o555 != 0o555 {
				t.Errorf("%s has the mode %v", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func removeTemplate(t *testing.T, clone, _ string) { run(t, clone, "rm", "-rf", "cdk.out") }

func removeBuilt(t *testing.T, clone, _ string) {
	run(t, clone, "rm", "-rf", "cdk.out", "build/functions")
}

// hideBuilt makes what is built the owner's alone.
func hideBuilt(t *testing.T, clone, _ string) {
	run(t, clone, "chmod", "-R", "go-rwx", "cdk.out", "build/functions")
}

// useShim makes node a script that finds the real one below $HOME.
func useShim(t *testing.T, clone, home string) {
	removeTemplate(t, clone, home)
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(home, "shims/node"), "#!/bin/sh\nexec \"$HOME/versions/node\" \"$@\"\n", 0o755)
	write(t, filepath.Join(home, "versions/node"), "#!/bin/sh\nexec '"+node+"' \"$@\"\n", 0o755)
}
