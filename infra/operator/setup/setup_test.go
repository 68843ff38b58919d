package setup

import (
	"os"
	"strings"
	"testing"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/operatortest"
)

const topic = "arn:aws:sns:us-east-1:" + operatortest.Account + ":topic"

// guidanceStack is a stack of the guidance, with its topic under one of the names of that output.
func guidanceStack(name, topicOutput string) operatortest.Stack {
	return operatortest.Stack{Name: name, Outputs: []string{"EKSClusterName=c", topicOutput + "=" + topic,
		"sdNotificationLambdaARN=arn:aws:sns:us-east-1:" + operatortest.Account + ":input",
		"OutputS3Bucket=arn:aws:s3:::images"}}
}

var (
	documented = guidanceStack("SdOnEKSStack", "sdNotificationOutputArn")
	coded      = guidanceStack("sdoneksStack", "sdNotificationOutputARN")
	other      = operatortest.Stack{Name: "Other", Outputs: []string{"OutputS3Bucket=arn:aws:s3:::mine"}}
	deployed   = operatortest.Stack{Name: "SdTaskTracker", Outputs: []string{
		`Settings={"topicArn":"` + topic + `","retentionDays":30,"outputBucket":"arn:aws:s3:::images"}`}}
)

type subcommands struct {
	Init Command `cmd:""`
}

// run runs init in a folder with these files, against AWS.
func run(t *testing.T, aws *operatortest.AWS, files map[string]string, args string) (operatortest.Outcome, string) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := operatortest.RunWith[subcommands](t, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test", "AWS_MAX_ATTEMPTS=1", "AWS_ENDPOINT_URL=" + aws.Serve(t)},
		append([]string{"init"}, strings.Fields(args)...)...)
	written, _ := os.ReadFile("cdk.context.json") // "" if there is none
	return got, string(written)
}

const found = `{
  "outputBucket": "images",
  "topicArn": "` + topic + `"
}
`

// TestFinds finds the settings and writes them.
func TestFinds(t *testing.T) {
	for name, test := range map[string]struct {
		stacks     []operatortest.Stack
		args, want string
	}{
		"OKOnly":          {[]operatortest.Stack{other, documented}, "", found},
		"OKOtherSpelling": {[]operatortest.Stack{coded, other}, "", found},
		"OKNamed":         {[]operatortest.Stack{documented, coded}, "--guidance-stack sdoneksStack", found},
		"OKStackName": {[]operatortest.Stack{coded}, "--stack-name Images",
			strings.Replace(found, "images\",", "images\",\n  \"stackName\": \"Images\",", 1)},
		"OKFromStack": {[]operatortest.Stack{deployed}, "--from-stack", strings.Replace(found,
			"images\",", "arn:aws:s3:::images\",\n  \"retentionDays\": 30,", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			aws := &operatortest.AWS{Stacks: test.stacks, Bootstrap: "30"}
			got, written := run(t, aws, map[string]string{"cdk.json": "{}", "Makefile": ""}, test.args)
			if got.Code != 0 || written != test.want || !strings.Contains(got.Out, "\nNext: make deploy\n") {
				t.Errorf("got %+v, and the file is\n%s", got, written)
			}
		})
	}
}

// TestInputTopic: a setting that costs something is mentioned, and not written.
func TestInputTopic(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		want   bool
	}{"OK": {"{}", true}, "OKGiven": {`{"inputTopicArn": "a"}`, false}} {
		t.Run(name, func(t *testing.T) {
			aws := &operatortest.AWS{Stacks: []operatortest.Stack{coded}, Bootstrap: "30"}
			got, _ := run(t, aws, map[string]string{"cdk.json": "{}", "cdk.context.json": test.before}, "")
			if strings.Contains(got.Out, "\nOptional: the setting inputTopicArn=arn:aws:sns:us-east-1:") != test.want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestFails: an error says what was looked for, where, and what to do. Nothing is written.
func TestFails(t *testing.T) {
	const where = " (Region us-east-1, account " + operatortest.Account + ", credentials of AWS_ACCESS_KEY_ID) → "
	inProject := map[string]string{"cdk.json": "{}"}
	for name, test := range map[string]struct {
		stacks []operatortest.Stack
		files  map[string]string
		args   string
		code   int
		want   []string
	}{
		"ErrNone": {[]operatortest.Stack{other}, inProject, "", 1,
			[]string{"no stack has the outputs sdNotificationOutputArn and OutputS3Bucket" + where, "--profile and --region"}},
		"ErrSeveral": {[]operatortest.Stack{documented, coded}, inProject, "", 1,
			[]string{"several stacks have the guidance's outputs: SdOnEKSStack, sdoneksStack" + where, "--guidance-stack NAME"}},
		"ErrNoSuchStack": {[]operatortest.Stack{documented}, inProject, "--guidance-stack Guidance", 1,
			[]string{"the guidance's stack Guidance does not exist" + where, "with --guidance-stack: SdOnEKSStack"}},
		"ErrAnotherStack": {[]operatortest.Stack{other}, inProject, "--guidance-stack Other", 1,
			[]string{"Other is not the guidance's stack: it does not have", "→ choose another account or Region"}},
		"ErrNotDeployed": {nil, inProject, "--from-stack", 1,
			[]string{"read the outputs of stack SdTaskTracker: the stack does not exist"}},
		"ErrNoProject": {nil, nil, "", 1, []string{"this folder has no cdk.json"}},
		"ErrNoJSON": {[]operatortest.Stack{coded}, map[string]string{"cdk.json": "{}", "cdk.context.json": "{,}"}, "", 1,
			[]string{"cdk.context.json is not a JSON object: invalid character ','"}},
		"ErrBoth": {nil, inProject, "--from-stack --guidance-stack a", 2, []string{"--from-stack cannot be combined"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, written := run(t, &operatortest.AWS{Stacks: test.stacks}, test.files, test.args)
			if got.Code != test.code || written != test.files["cdk.context.json"] {
				t.Errorf("got %+v, and the file is\n%s", got, written)
			}
			for _, want := range test.want {
				if !strings.Contains(got.Progress, want) {
					t.Errorf("got %s, want %s", got.Progress, want)
				}
			}
		})
	}
	t.Run("ErrDenied", func(t *testing.T) {
		got, _ := run(t, &operatortest.AWS{Denied: "DescribeStacks"}, inProject, "")
		if got.Code != 1 || !strings.Contains(got.Progress, "look for the guidance's stack: access denied") ||
			!strings.Contains(got.Progress, "init needs cloudformation:DescribeStacks, and sns:") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("ErrLocalStack", func(t *testing.T) {
		got := operatortest.RunWith[subcommands](t, []string{"TASK_TABLE=local"}, "init")
		if got.Code != 2 || !strings.Contains(got.Progress, "open another shell") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("ErrTopicElsewhere", func(t *testing.T) {
		stack := guidanceStack("A", "sdNotificationOutputArn")
		stack.Outputs[1] = strings.Replace(stack.Outputs[1], "us-east-1", "eu-west-1", 1)
		got, written := run(t, &operatortest.AWS{Stacks: []operatortest.Stack{stack}}, inProject, "")
		if got.Code != 3 || written != "" || !strings.Contains(got.Out, "✗ topic: the topic is in eu-west-1, but the") {
			t.Errorf("got %+v, and the file is\n%s", got, written)
		}
	})
}

// TestBootstrap says whether CDK can deploy, and how to make that so.
func TestBootstrap(t *testing.T) {
	const qualified = `{"context": {"@aws-cdk/core:bootstrapQualifier": "corp"}}`
	for name, test := range map[string]struct {
		version, denied, project, args string
		code                           int
		want                           string
	}{
		"OK": {"6", "", "{}", "", 0, "has version 6 of CDK's bootstrap stack\n"},
		"OKUnknown": {"", "GetParameter", "{}", "", 0,
			"? bootstrap: access denied: AccessDeniedException: not authorized to perform: GetParameter\n"},
		"ErrNone": {"", "", "{}", "", 3, "\n  → npx cdk bootstrap aws://" + operatortest.Account + "/us-east-1\n"},
		"ErrOld":  {"5", "", "{}", "", 3, "has version 5 of CDK's bootstrap stack, which is too old\n  → npx cdk bootstrap"},
		"ErrRegionGiven": {"", "", "{}", "--region us-east-1", 3,
			"→ AWS_REGION=us-east-1 npx cdk bootstrap aws://" + operatortest.Account + "/us-east-1\n"},
		"ErrQualifier": {"", "", qualified, "", 3, "it has no parameter /cdk-bootstrap/corp/version\n  → npx cdk bootstrap " +
			"aws://" + operatortest.Account + "/us-east-1 --qualifier corp --toolkit-stack-name CDKToolkit-corp\n"},
	} {
		t.Run(name, func(t *testing.T) {
			aws := &operatortest.AWS{Stacks: []operatortest.Stack{coded}, Bootstrap: test.version, Denied: test.denied}
			got, written := run(t, aws, map[string]string{"cdk.json": test.project}, test.args)
			if got.Code != test.code || written != found || !strings.Contains(got.Out, test.want) {
				t.Errorf("got %+v, and the file is\n%s", got, written)
			}
			if strings.Contains(got.Out, "Next: ") != (test.code == 0) {
				t.Errorf("the next step:\n%s", got.Out)
			}
		})
	}
}

// TestNextCommand: the commands to run next choose the same account, from the source and from a release.
func TestNextCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	p := &project{options: deployment.Options{Profile: "corp", Region: "eu-west-1"}}
	if got := p.cdk("deploy", ""); got != "AWS_REGION=eu-west-1 npx cdk deploy --profile corp" {
		t.Errorf("got %s", got)
	}
	if err := os.WriteFile("Makefile", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := p.cdk("deploy", ""); got != "AWS_REGION=eu-west-1 make deploy ARGS='--profile corp'" {
		t.Errorf("got %s", got)
	}
}
