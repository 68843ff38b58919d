package infra

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// snapshot is a repository of the working tree as it is.
func snapshot(t *testing.T) (origin string) {
	t.Helper()
	origin = filepath.Join(t.TempDir(), "origin")
	files := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	files.Dir = ".."
	names, err := files.Output()
	if err != nil {
		t.Skipf("this is no repository: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) { // it is removed
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(origin, name), string(content), 0o644)
	}
	run(t, origin, "git", "init", "--quiet")
	run(t, origin, "git", "add", "--all")
	run(t, origin, "git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "all")
	return origin
}

func cloneOf(t *testing.T, origin, name string, options ...string) (clone string) {
	t.Helper()
	parent := t.TempDir()
	clone = filepath.Join(parent, name)
	run(t, parent, "git", append(append([]string{"clone", "--quiet"}, options...), origin, clone)...)
	return clone
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, name string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, arguments, err, out)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(value))
}

// cacheHome is where jsii keeps what it has unpacked.
func cacheHome() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return os.TempDir()
	}
	return dir
}
