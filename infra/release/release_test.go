package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
	localstack "sdtasktracker/infra/local/stack"
	"sdtasktracker/infra/operator/operatortest"
)

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
	r := release{
		version: "1.2.3", platform: runtime.GOOS + "-" + runtime.GOARCH, root: prepare.Root(), level: gzip.BestSpeed,
		programs: t.TempDir(),
	}
	dir := t.TempDir()
	err := errors.Join(os.Symlink(filepath.Join(prepare.Root(), "build/bin/cdk"), filepath.Join(r.programs, "cdk")),
		os.Symlink(filepath.Join(prepare.Root(), "build/bin/sdtasks"), filepath.Join(r.programs, "operator")))
	if err != nil {
		t.Fatal(err)
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
	variables := []string{"PATH=" + bin, "HOME=" + home, "CDK_HOME=" + home}
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

// TestRelease uses the archive for this machine as README says, without Go, make and a C compiler.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it unpacks a release, and deploys the local stack")
	}
	u := unpack(t)
	u.mustRun(t, "npm ci --prefer-offline")
	if entries, err := os.ReadDir(filepath.Join(u.dir, "node_modules")); err != nil || len(entries) != 3 {
		t.Errorf("npm installs %v, %v; want aws-cdk and npm's own files", entries, err)
	}
	t.Run("OKDeploy", u.deploy)
	t.Run("OKEverySetting", u.synthesize)
	t.Run("OKLocalStack", u.asksLocalStack)
}

// exactly leaves out what the CDK CLI adds.
const exactly = " --no-path-metadata --no-asset-metadata --output out"

// deploy follows README to the request for a change set, which is what CDK deploys with.
func (u *unpacked) deploy(t *testing.T) {
	aws := &operatortest.AWS{Account: "000000000000", Bootstrap: "30", Stacks: []operatortest.Stack{{
		Name: "SdOnEKSStack", Outputs: []string{"OutputS3Bucket=arn:aws:s3:::sd-output-bucket",
			"sdNotificationOutputArn=arn:aws:sns:us-east-1:000000000000:sd-notification-output"},
	}}}
	out, err := u.run(t, slices.Concat(operatortest.Nowhere, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=" + aws.Serve(t)}), "./sdtasks init && npx cdk deploy"+exactly)
	requests := aws.Requests()
	if err == nil || !slices.Contains(requests, "CreateChangeSet") || !strings.Contains(out, "Next: npx cdk deploy\n") {
		t.Errorf("it requested %q: %v\n%s", requests, err, out)
	}
	u.othersRun(t)
	u.compare(t)
}

// othersRun checks that everybody may run the functions: AWS Lambda does so as another user than the owner.
func (u *unpacked) othersRun(t *testing.T) {
	t.Helper()
	packages, err := filepath.Glob(filepath.Join(u.dir, "out/asset.*/bootstrap"))
	if err != nil || len(packages) == 0 {
		t.Errorf("the functions are %q, %v", packages, err)
	}
	for _, name := range packages {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o055 != 0o055 {
			t.Errorf("%s has the mode %v, %v", name, info.Mode(), err)
		}
	}
}

// synthesize synthesizes the template with every setting.
func (u *unpacked) synthesize(t *testing.T) {
	contexts := readJSON(t, filepath.Join(prepare.Root(), "infra/cdk/testdata/contexts.json"))
	settings := maps.Clone(contexts["default"].(map[string]any))
	maps.Copy(settings, contexts["everything"].(map[string]any))
	text, err := json.Marshal(settings)
	if err := errors.Join(err, os.WriteFile(filepath.Join(u.dir, "cdk.context.json"), text, 0o644)); err != nil {
		t.Fatal(err)
	}
	u.mustRun(t, "npx cdk synth --quiet"+exactly)
	u.compare(t)
}

func readJSON(t *testing.T, path string) (object map[string]any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err := errors.Join(err, json.Unmarshal(text, &object)); err != nil {
		t.Fatal(err)
	}
	return object
}

// compare compares the template in out with what the source makes of the same settings, and removes it.
func (u *unpacked) compare(t *testing.T) {
	t.Helper()
	context := readJSON(t, filepath.Join(prepare.Root(), "cdk.json"))["context"].(map[string]any)
	maps.Copy(context, readJSON(t, filepath.Join(u.dir, "cdk.context.json")))
	text, err := json.Marshal(context)
	if err != nil {
		t.Fatal(err)
	}
	source := t.TempDir()
	app := exec.CommandContext(t.Context(), "build/bin/cdk")
	app.Dir = prepare.Root()
	app.Env = append(os.Environ(), "CDK_CONTEXT_JSON="+string(text), "CDK_OUTDIR="+source)
	if output, err := app.CombinedOutput(); err != nil {
		t.Fatalf("the source's CDK app: %v\n%s", err, output)
	}
	if diff := cmp.Diff(onlyTemplate(t, source), onlyTemplate(t, filepath.Join(u.dir, "out"))); diff != "" {
		t.Errorf("the template differs (-source +release):\n%s", diff)
	}
	if err := os.RemoveAll(filepath.Join(u.dir, "out")); err != nil {
		t.Fatal(err)
	}
}

// onlyTemplate is the only template in a folder.
func onlyTemplate(t *testing.T, dir string) string {
	t.Helper()
	templates, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil || len(templates) != 1 {
		t.Fatalf("%s has the templates %q, %v", dir, templates, err)
	}
	text, err := os.ReadFile(templates[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asksLocalStack uses the release's sdtasks with the local stack.
func (u *unpacked) asksLocalStack(t *testing.T) {
	s, err := localstack.Start(t.Context(), localstack.Options{
		Root: prepare.Root(), StateDir: filepath.Join(prepare.TestDiskDir(t), "stack"), RetryDelay: time.Millisecond,
		AccessKey: "local", SecretKey: "local-secret", Denied: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	out, err := u.run(t, s.Environment(), "./sdtasks doctor --smoke && ./sdtasks list")
	if err != nil || !strings.Contains(out, "✓ smoke test: its task was announced, recorded and delivered") {
		t.Errorf("%v:\n%s", err, out)
	}
}
