package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/operator/operatortest"
)

// functions are the functions' sources, found before a test runs: the folder's entries, which change with each edit of
// a function, are then no input of the tests to Go's test cache.
var functions, _ = filepath.Glob("../../functions/*/main.go")

// stubs makes a file for each compiled function. What the functions do has no effect on a release, so an edit of one
// doesn't run its tests again.
func stubs(t *testing.T, dir string) (folder string) {
	t.Helper()
	folder = filepath.Join(dir, "functions")
	for _, main := range functions {
		name := filepath.Base(filepath.Dir(main))
		stub := filepath.Join(folder, name, "bootstrap")
		if err := os.MkdirAll(filepath.Dir(stub), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(stub, []byte(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// unpacked is a release in a folder, on a machine that has nothing but Node.js and a shell.
type unpacked struct {
	dir       string
	variables []string
}

// unpack makes the archive for this machine of what make has built, and unpacks it as README says, for a user who keeps
// new files to himself.
func unpack(t *testing.T) *unpacked {
	t.Helper()
	prepare.Stack(t)
	dir := t.TempDir()
	r := release{
		version: "1.2.3", platform: runtime.GOOS + "-" + runtime.GOARCH, root: prepare.Root(), level: gzip.BestSpeed,
		programs: dir, functions: stubs(t, dir),
	}
	for name, built := range map[string]string{"cdk": "build/bin/cdk", "operator": "build/bin/sdtasks"} {
		built = filepath.Join(prepare.Root(), built)
		_, err := os.Stat(built) // an input of the test to Go's test cache, which a link from elsewhere hides
		if err := errors.Join(err, os.Symlink(built, filepath.Join(dir, name))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := writeFile(filepath.Join(dir, "archive.tar.gz"), r); err != nil {
		t.Fatal(err)
	}
	tar := exec.CommandContext(t.Context(), "sh", "-c", "umask 077; tar xzf archive.tar.gz --no-same-permissions")
	tar.Dir = dir
	if out, err := tar.CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	bin := filepath.Join(dir, "bin")
	home := filepath.Join(dir, "home")
	if err := errors.Join(os.Mkdir(bin, 0o755), os.Mkdir(home, 0o755)); err != nil {
		t.Fatal(err)
	}
	// The CDK app's tests validate templates; it takes half of the time here.
	variables := []string{"PATH=" + bin, "HOME=" + home, "CDK_HOME=" + home, "CDK_VALIDATION=false"}
	u := &unpacked{dir: filepath.Join(dir, r.name()), variables: variables}
	for _, name := range []string{"node", "npm", "npx", "sh", "chmod"} {
		program, err := exec.LookPath(name)
		if err == nil {
			program, err = filepath.EvalSymlinks(program)
		}
		if err == nil {
			err = os.Symlink(program, filepath.Join(bin, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// Where this machine's npm and jsii keep what they have fetched and unpacked.
	for _, name := range []string{"cache", "registry"} {
		value, err := exec.CommandContext(t.Context(), "npm", "config", "get", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		u.variables = append(u.variables, "npm_config_"+name+"="+strings.TrimSpace(string(value)))
	}
	if caches, err := os.UserCacheDir(); err == nil {
		u.variables = append(u.variables,
			"JSII_RUNTIME_PACKAGE_CACHE_ROOT="+filepath.Join(caches, "aws/jsii/package-cache"))
	}
	return u
}

// run runs a command in the release's folder, and returns what it printed.
func (u *unpacked) run(t *testing.T, variables []string, line string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", line)
	command.Dir = u.dir
	command.Env = slices.Concat(u.variables, variables)
	out, err := command.CombinedOutput()
	return string(out), err
}

func (u *unpacked) mustRun(t *testing.T, line string) string {
	t.Helper()
	out, err := u.run(t, nil, line)
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return out
}

// TestRelease follows README with the archive for this machine, without Go, make and a C compiler, up to the request
// for a change set, which is what CDK deploys with.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it unpacks a release, and synthesizes the template")
	}
	u := unpack(t)
	u.mustRun(t, "npm ci --prefer-offline")
	if entries, err := os.ReadDir(filepath.Join(u.dir, "node_modules")); err != nil || len(entries) != 3 {
		t.Errorf("npm installs %v, %v; want aws-cdk and npm's own files", entries, err)
	}
	const topicARN = "arn:aws:sns:us-east-1:000000000000:sd-notification-output"
	aws := &operatortest.AWS{Account: "000000000000", Bootstrap: "30", Stacks: []operatortest.Stack{{
		Name:    "SdOnEKSStack",
		Outputs: []string{"OutputS3Bucket=arn:aws:s3:::sd-output-bucket", "sdNotificationOutputArn=" + topicARN},
	}}}
	out, err := u.run(t, slices.Concat(operatortest.Nowhere, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=" + aws.Serve(t)}), "./sdtasks init && npx cdk deploy --output out")
	requests := aws.Requests()
	if err == nil || !slices.Contains(requests, "CreateChangeSet") || !strings.Contains(out, "Next: npx cdk deploy\n") {
		t.Errorf("it requested %q: %v\n%s", requests, err, out)
	}
	if template := u.template(t); !strings.Contains(template, topicARN) {
		t.Errorf("the template doesn't have the settings that init has written:\n%s", template)
	}
	u.othersRun(t)
}

// TestApp: a release has the source's cdk.json but for what compiles the app.
func TestApp(t *testing.T) {
	app, err := release{root: prepare.Root()}.app()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(prepare.Root(), "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := errors.Join(json.Unmarshal([]byte(app), &got), json.Unmarshal(source, &want)); err != nil {
		t.Fatal(err)
	}
	delete(want, "build")
	delete(want, "watch")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cdk.json differs (-source +release):\n%s", diff)
	}
}

// template is the template that CDK has synthesized.
func (u *unpacked) template(t *testing.T) string {
	t.Helper()
	templates, err := filepath.Glob(filepath.Join(u.dir, "out/*.template.json"))
	if err != nil || len(templates) != 1 {
		t.Fatalf("there are the templates %q, %v", templates, err)
	}
	text, err := os.ReadFile(templates[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// othersRun checks that everybody may run the functions: AWS Lambda does so as another user than the owner.
func (u *unpacked) othersRun(t *testing.T) {
	t.Helper()
	packages, err := filepath.Glob(filepath.Join(u.dir, "out/asset.*/bootstrap"))
	if err != nil || len(packages) != len(functions) {
		t.Errorf("the functions are %q, %v", packages, err)
	}
	for _, name := range packages {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o055 != 0o055 {
			t.Errorf("%s has the mode %v, %v", name, info.Mode(), err)
		}
	}
}
