package prepare

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// project makes a directory with files, by name.
func project(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestRoot(t *testing.T) {
	if _, err := os.Stat(filepath.Join(Root(), "infra/local/prepare/prepare_test.go")); err != nil {
		t.Error(err)
	}
}

func TestBuild(t *testing.T) {
	t.Setenv(doneVariable, "")
	t.Setenv("MAKEFLAGS", "--dry-run") // make test would pass it on
	files := map[string]string{
		"Makefile": "made: source\n\tcp source $(NAME)\n\nbroken:\n\t@echo what is wrong; exit 1\n",
		"source":   "text",
	}
	for _, source := range sources {
		if _, ok := files[source]; !ok {
			files[source] = ""
		}
	}
	made := []string{"made", "NAME=result"}
	t.Run("OK", func(t *testing.T) {
		root := project(t, files)
		if err := build(root, made, []string{"result"}); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(root, "result")); err != nil || string(got) != "text" {
			t.Errorf("made %q, %v", got, err)
		}
	})
	t.Run("OKPrepared", func(t *testing.T) {
		t.Setenv(doneVariable, "yes")
		if err := build(project(t, files), []string{"broken"}, []string{"source"}); err != nil {
			t.Error(err)
		}
	})
	wantError := func(t *testing.T, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	t.Run("ErrWithMakesOutput", func(t *testing.T) {
		err := build(project(t, files), []string{"broken"}, nil)
		wantError(t, err, "make broken: exit status 2\nwhat is wrong")
	})
	t.Run("ErrNotPrepared", func(t *testing.T) {
		t.Setenv(doneVariable, "yes")
		wantError(t, build(project(t, files), made, []string{"result"}), "run make prepare")
	})
	t.Run("ErrNoMakefile", func(t *testing.T) {
		wantError(t, build(t.TempDir(), made, nil), "Makefile")
	})
}

func TestShow(t *testing.T) {
	root := project(t, map[string]string{"go.mod": ""})
	if err := show(root, []string{"go.mod", "."}); err != nil {
		t.Error(err)
	}
	if err := show(root, []string{"go.mod", "functions"}); err == nil || !strings.Contains(err.Error(), "functions") {
		t.Errorf("error is %v", err)
	}
}

// TestSources: all sources exist.
func TestSources(t *testing.T) {
	if err := show(Root(), append(sources, servers, driver)); err != nil {
		t.Error(err)
	}
}

// TestCache: a directory for objects is not an input of the test that makes it, so go
// test can cache the test's result.
func TestCache(t *testing.T) {
	const child = "TEST_DISK_DIR"
	if os.Getenv(child) != "" {
		dir := TestDiskDir(t)
		if err := os.MkdirAll(filepath.Join(dir, "bucket/key"), 0o755); err != nil {
			t.Fatal(err)
		}
		return
	}
	log := filepath.Join(t.TempDir(), "opened")
	command := exec.Command(os.Args[0], "-test.run=^TestCache$", "-test.testlogfile="+log)
	command.Env = append(os.Environ(), child+"=yes")
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	opened, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	parent := filepath.Join(Root(), "build/tmp")
	if strings.Contains(string(opened), "open "+parent+"\n") || !strings.Contains(string(opened), "open "+parent+"/") {
		t.Errorf("the test opens\n%s", opened)
	}
}
