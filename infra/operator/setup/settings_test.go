package setup

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/operator/operatortest"
)

// TestMerge: all other settings in the file stay, and the diff shows what has changed.
func TestMerge(t *testing.T) {
	aws := operatortest.AWS{Stacks: []operatortest.Stack{coded}, Bootstrap: "30"}
	const others = `{"retentionDays": 3.650e2, "vpc:account=1": {"b":  1, "a": ["<&>\u00e9"]}, "topicArn":"old",
		"acknowledged-issue-numbers":[12345678901234567890]}`
	const othersAfter = `{
  "acknowledged-issue-numbers": [
    12345678901234567890
  ],
  "outputBucket": "images",
  "retentionDays": 3.650e2,
  "topicArn": "` + topic + `",
  "vpc:account=1": {
    "b": 1,
    "a": [
      "<&>\u00e9"
    ]
  }
}
`
	const bucket, added = "+   \"outputBucket\": \"images\"\n", "+   \"topicArn\": \"" + topic + "\"\n"
	for name, test := range map[string]struct{ before, after, diff string }{
		"OKEmpty":  {"\n", found, "has changed:\n" + bucket + added},
		"OKOthers": {others, othersAfter, "has changed:\n" + bucket + "-   \"topicArn\": \"old\"\n" + added},
		"OKOne": {strings.Replace(found, `"images"`, `"old"`, 1), found,
			"has changed:\n-   \"outputBucket\": \"old\"\n" + bucket},
		"OKNothing": {strings.ReplaceAll(found, "\n", ""), strings.ReplaceAll(found, "\n", ""), "already has these settings"},
		"OKARN": {strings.Replace(found, `"images"`, `"arn:aws:s3:::images"`, 1),
			strings.Replace(found, `"images"`, `"arn:aws:s3:::images"`, 1), "already has these settings"},
	} {
		t.Run(name, func(t *testing.T) {
			got, written := run(t, &operatortest.AWS{Stacks: aws.Stacks, Bootstrap: aws.Bootstrap},
				map[string]string{"cdk.json": "{}", "cdk.context.json": test.before}, "")
			if got.Code != 0 || written != test.after || !strings.Contains(got.Out, "\ncdk.context.json "+test.diff) {
				t.Errorf("got %+v, and the file is\n%s", got, written)
			}
		})
	}
	for name, before := range map[string]string{
		"ErrList": "[]", "ErrCutOff": `{"a": 1`, "ErrNoValue": `{"a"}`, "ErrTwo": "{} {}", "ErrText": "aws: not found",
	} {
		t.Run(name, func(t *testing.T) {
			got, written := run(t, &operatortest.AWS{}, map[string]string{"cdk.json": "{}", "cdk.context.json": before}, "")
			if got.Code != 1 || written != before || !strings.Contains(got.Progress, "cdk.context.json is not a JSON object: ") {
				t.Errorf("got %+v, and the file is\n%s", got, written)
			}
		})
	}
}

// put sets a in the file at a path.
func put(path, a string) error {
	s, err := readSettings(path)
	if err != nil {
		return err
	}
	all, _ := s.merge(settings{"a": encode(a)})
	return all.write(path)
}

// TestWrite: the file keeps its mode and its place, and is replaced only as a whole.
func TestWrite(t *testing.T) {
	t.Chdir(t.TempDir())
	target := filepath.Join("kept", "settings.json")
	err := errors.Join(os.Mkdir("kept", 0o755), os.WriteFile(target, []byte(`{"b": 1}`), 0o600),
		os.Symlink(target, "link.json"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Open(target) // of a program that reads the file meanwhile, or of a write that is cut off
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	t.Run("OKLink", func(t *testing.T) {
		if err := put("link.json", "x"); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(target)
		info, statErr := os.Lstat(target)
		if err != nil || statErr != nil || string(content) != "{\n  \"a\": \"x\",\n  \"b\": 1\n}\n" || info.Mode() != 0o600 {
			t.Errorf("the file is %s, %v, %v", content, info.Mode(), err)
		}
		if content, err := io.ReadAll(before); err != nil || string(content) != `{"b": 1}` {
			t.Errorf("the old file is %q, %v", content, err)
		}
		if left, err := os.ReadDir("kept"); err != nil || len(left) != 1 {
			t.Errorf("it leaves %v, %v", left, err)
		}
	})
	t.Run("ErrFolder", func(t *testing.T) {
		if err := put("kept", "x"); err == nil || !strings.Contains(err.Error(), "read the settings: ") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("ErrReadOnly", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may write everything")
		}
		if err := os.Chmod(target, 0o400); err != nil {
			t.Fatal(err)
		}
		if err := put("link.json", "y"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error is %v", err)
		}
	})
}
