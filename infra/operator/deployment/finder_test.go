package deployment_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/tasktable"
	"sdtasktracker/shared/version"
)

// local are the variables of a shell that has sourced a local stack's .local/env.
var local = []string{"TASK_TABLE=local", "RECORD_FUNCTION=local-record", "RECORD_SUBSCRIPTION_DLQ_URL=local-queue"}

// setUp serves CloudFormation's stack Tracker.
func setUp(t *testing.T) {
	t.Helper()
	operatortest.AddEnvironment(t, operatortest.Nowhere...)
	operatortest.AddEnvironment(t, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret",
		"AWS_ENDPOINT_URL_CLOUDFORMATION="+operatortest.DescribeStacks(t, "Tracker",
			"TaskTable=tracker", "DeliverDlqUrl=tracker-queue", `Settings={"deliveryRegion":"eu-west-1","retentionDays":30}`))
}

func TestFind(t *testing.T) {
	setUp(t)
	for name, test := range map[string]struct {
		stackName string
		variables []string
		want      deployment.Deployment
	}{
		"OKLocal": {"", local, deployment.Deployment{Name: "SdTaskTracker", Local: true, TaskTable: "local"}},
		"OKNamed": {"Tracker", local, deployment.Deployment{Name: "Tracker", TaskTable: "tracker"}},
	} {
		t.Run(name, func(t *testing.T) {
			finder := deployment.Finder{Options: deployment.Options{StackName: test.stackName}, Variables: test.variables}
			got, err := finder.Find(t.Context(), "TaskTable")
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != test.want.Name || got.Local != test.want.Local || got.TaskTable != test.want.TaskTable {
				t.Errorf("got %+v", got)
			}
		})
	}
	for name, test := range map[string]struct {
		stackName, needed, want string
		variables               []string
	}{
		"ErrNoStack":  {"Other", "TaskTable", "Stack with id Other does not exist", local},
		"ErrNoLocal":  {"", "TaskTable", "Stack with id SdTaskTracker does not exist", nil},
		"ErrEmpty":    {"", "TaskTable", "Stack with id SdTaskTracker does not exist", []string{"TASK_TABLE="}},
		"ErrNoOutput": {"Tracker", "RedriveFunction", "stack Tracker has no output RedriveFunction", local},
	} {
		t.Run(name, func(t *testing.T) {
			finder := deployment.Finder{Options: deployment.Options{StackName: test.stackName}, Variables: test.variables}
			if _, err := finder.Find(t.Context(), test.needed); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// TestVersions: the command says so if the stack has another version, once.
func TestVersions(t *testing.T) {
	for name, test := range map[string]struct{ own, deployed, want string }{
		"OKSame":     {"1.1.0", "1.1.0", ""},
		"OKUnknown":  {version.Unknown, "1.0.0", ""},
		"OKDeployed": {"1.1.0", version.Unknown, ""},
		"OKNoOutput": {"1.1.0", "", ""},
		"Differs": {"1.1.0", "1.0.0",
			"This is sdtasks 1.1.0, but stack Tracker has version 1.0.0: deploy again to update it, or use its sdtasks.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func(own string) { version.Version = own }(version.Version)
			version.Version = test.own
			operatortest.AddEnvironment(t, operatortest.Nowhere...)
			operatortest.AddEnvironment(t, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret",
				"AWS_ENDPOINT_URL_CLOUDFORMATION="+operatortest.DescribeStacks(t, "Tracker", "Version="+test.deployed))
			said := ""
			finder := deployment.Finder{Options: deployment.Options{StackName: "Tracker"},
				Sayf: func(format string, args ...any) { said += fmt.Sprintf(format, args...) }}
			if _, err := finder.Find(t.Context()); err != nil || said != test.want {
				t.Errorf("it says %q, %v", said, err)
			}
		})
	}
}

func TestDeployment(t *testing.T) {
	setUp(t)
	finder := deployment.Finder{Options: deployment.Options{StackName: "Tracker"}}
	tracker, err := finder.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	finder = deployment.Finder{Variables: local}
	here, err := finder.Find(t.Context(), "TaskTable")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ got, want string }{
		"OKQueue":                {tracker.Queues["deliver"], "tracker-queue"},
		"OKLocalQueue":           {here.Queues["record-subscription"], "local-queue"},
		"OKLocalFunction":        {here.Functions["record"], "local-record"},
		"OKSetting":              {tracker.Setting("retentionDays"), "30"},
		"OKSettingNotGiven":      {tracker.Setting("deliveryPrefix"), ""},
		"OKNoSettings":           {here.Setting("retentionDays"), ""},
		"OKDeliveryBucket":       {tracker.DeliveryClient().Options().Region, "eu-west-1"},
		"OKDeliveryInThisRegion": {here.DeliveryClient().Options().Region, "us-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.got != test.want {
				t.Errorf("got %q, want %q", test.got, test.want)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	notFound := &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "no such table"}
	for name, test := range map[string]struct {
		finder deployment.Finder
		err    error
		want   string
	}{
		"OKNoError":       {deployment.Finder{}, nil, ""},
		"ErrAnotherError": {deployment.Finder{}, errors.New("ResourceNotFoundException"), "ResourceNotFoundException"},
		"ErrNoSuchTask":   {deployment.Finder{}, tasktable.ErrNotFound, "→ see sdtasks list"},
		"ErrNoSuchTable":  {deployment.Finder{}, notFound, "check the name, and --stack-name, --region and --profile"},
		"ErrOfFunction": {deployment.Finder{}, &deployment.FunctionError{Text: "redrive failed: oops"},
			"redrive failed: oops (no Region, profile default) → see sdtasks doctor"},
		"ErrExpired": {deployment.Finder{Options: deployment.Options{Profile: "corp"}},
			&smithy.GenericAPIError{Code: "ExpiredToken"}, "log in again with aws sso login --profile corp, and try again"},
		"ErrAnotherCode": {deployment.Finder{}, &smithy.GenericAPIError{Code: "Odd", Message: "no"},
			"ask AWS: Odd: no (no Region"},
		"ErrInSourcedShell": {
			deployment.Finder{Options: deployment.Options{StackName: "Tracker"}, Variables: local}, notFound,
			"open another shell for stack Tracker",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.finder.Explain("list", test.err)
			if !errors.Is(got, test.err) || test.err != nil && !strings.Contains(got.Error(), test.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}
