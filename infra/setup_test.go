package infra

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSetup runs infra/setup.sh with the versions that stand-ins for go and node
// print.
func TestSetup(t *testing.T) {
	const goodGo, goodNode = "go1.99.1", "v22.1.0"
	for name, test := range map[string]struct {
		goSays, nodeSays, npmSays string // "" if there is none
		arguments                 string
		want                      []string // the beginnings of the lines
		fails                     bool
	}{
		"all is there": {goodGo, goodNode, "1", "0", nil, false},
		"nothing": {"", "", "", "0",
			[]string{"set-up: Go is missing: install 1.", "set-up: Node.js is missing: install 22 or 24"}, true},
		"both too old": {"go1.9.7", "v18.20.1", "1", "0",
			[]string{`set-up: Go is too old, or broken: it says "go1.9.7"`, "set-up: Node.js is too old"}, true},
		"a Node.js past its end of life": {goodGo, "v20.20.2", "1", "0",
			[]string{"set-up: Node.js v20.20.2 works, but has reached its end of life: install 22 or 24"}, false},
		"broken":         {"no toolchain", goodNode, "1", "0", []string{"set-up: Go is too old, or broken"}, true},
		"without npm":    {goodGo, goodNode, "", "0", []string{"set-up: npm is missing"}, true},
		"only Go":        {goodGo, "", "", "0 go", nil, false},
		"without a disk": {goodGo, goodNode, "1", "999999", []string{"set-up: this disk has "}, true},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			for _, tool := range []string{"awk", "df", "sh", "cat", "dirname", "env", "sed"} {
				path, err := exec.LookPath(tool)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
					t.Fatal(err)
				}
			}
			for program, says := range map[string]string{"go": test.goSays, "node": test.nodeSays, "npm": test.npmSays} {
				if says == "" {
					continue
				}
				script := "#!/bin/sh\necho '" + says + "'\n"
				if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			args := append([]string{"infra/setup.sh"}, strings.Fields(test.arguments)...)
			command := exec.CommandContext(t.Context(), "/bin/sh", args...)
			command.Dir, command.Env = "..", []string{"PATH=" + bin}
			out, err := command.CombinedOutput()
			lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
			if len(out) == 0 {
				lines = nil
			}
			begins := func(line, want string) bool { return strings.HasPrefix(line, want) }
			if !slices.EqualFunc(lines, test.want, begins) || (err != nil) != test.fails {
				t.Errorf("it says %q, %v, want %q", lines, err, test.want)
			}
		})
	}
}

// TestSetupPath: Go can't compile everywhere.
func TestSetupPath(t *testing.T) {
	script, err := filepath.Abs("setup.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, fails := range map[string]bool{`it's "here"`: false, `a\b`: true, "a\nb": true} {
		dir := filepath.Join(t.TempDir(), name)
		write(t, filepath.Join(dir, "go.mod"), "go 1.26\n", 0o644)
		command := exec.CommandContext(t.Context(), "/bin/sh", script, "0")
		command.Dir = dir
		out, err := command.CombinedOutput()
		if got := strings.Contains(string(out), "set-up: this directory's path has a backslash"); got != fails {
			t.Errorf("in %q, it says %s, %v", name, out, err)
		}
	}
}

var (
	documentedTarget = regexp.MustCompile(`(?m)^([a-z-]+):.*## `)
	mentionedTarget  = regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)(?:[ `]|$)")
)

// TestTargets: make lists every target that a document mentions.
func TestTargets(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, match := range documentedTarget.FindAllStringSubmatch(string(makefile), -1) {
		listed[match[1]] = true
	}
	var documents []string
	for _, pattern := range []string{
		"../README.md", "../functions/*.md", "../infra/*.md", "../infra/*/*.md", "../.github/*.md",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 || len(listed) < 10 {
			t.Fatalf("%q at %s, %d targets, %v", found, pattern, len(listed), err)
		}
		documents = append(documents, found...)
	}
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range mentionedTarget.FindAllStringSubmatch(string(text), -1) {
			if !listed[match[1]] {
				t.Errorf("%s mentions make %s", document, match[1])
			}
		}
	}
}

// TestBuildCommand: the CDK CLI runs cdk.json's command below make deploy. That make's
// job server is not open to it, and make would warn.
func TestBuildCommand(t *testing.T) {
	data, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var project struct{ Build string }
	if err := json.Unmarshal(data, &project); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", project.Build+" --dry-run")
	command.Dir, command.Env = "..", append(os.Environ(), "MAKELEVEL=1", "MAKEFLAGS= -j3 --jobserver-auth=98,99")
	out, err := command.CombinedOutput()
	if err != nil || strings.Contains(string(out), "jobserver") {
		t.Errorf("it says %s, %v", out, err)
	}
}
