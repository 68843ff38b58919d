package setup

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/awserror"
	names "sdtasktracker/shared/deployment"
)

const projectFile = "cdk.json"

// project is the folder to deploy from: this project's source, or an unpacked release.
type project struct {
	context object // of cdk.json
	// environment and arguments choose the account and the Region, as a shell and the CDK CLI take them.
	environment, arguments string
}

// findProject finds the project in the working directory.
func findProject() (*project, error) {
	text, err := os.ReadFile(projectFile)
	if err != nil {
		return nil, fmt.Errorf("this folder has no %s: run init in the project's folder, or in that of an unpacked release",
			projectFile)
	}
	all, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", projectFile, err)
	}
	context, err := parse(all.values()["context"])
	if err != nil {
		return nil, fmt.Errorf("read the context in %s: %w", projectFile, err)
	}
	return &project{context: context}, nil
}

// options takes over what chose the account and the Region.
func (p *project) options(o deployment.Options) {
	if o.Region != "" {
		p.environment = "AWS_REGION=" + o.Region + " "
	}
	if o.Profile != "" {
		p.arguments = " --profile " + o.Profile
	}
}

// cdk is how a person runs a command of the CDK CLI for the same account and Region.
func (p *project) cdk(name, args string) string {
	return p.environment + command.CDK(name, args+p.arguments)
}

// What the CDK CLI needs of the account and the Region ("AWS CDK bootstrapping" in the AWS CDK Developer Guide): the
// qualifier unless the context sets another, and the oldest version that its templates work with.
const (
	qualifierKey     = "@aws-cdk/core:bootstrapQualifier"
	defaultQualifier = "hnb659fds"
	minBootstrap     = 6
)

// checkBootstrap checks that CDK can deploy to the topic's account and Region.
func (p *project) checkBootstrap(ctx context.Context, d *deployment.Deployment, settings object) check.Result {
	const about = "bootstrap"
	ctx, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	qualifier := text(settings.values()[qualifierKey])
	if qualifier == "" {
		qualifier = text(p.context.values()[qualifierKey])
	}
	topic, _ := arn.Parse(d.TopicARN) // which has been checked
	args := "aws://" + topic.AccountID + "/" + topic.Region
	if qualifier == "" {
		qualifier = defaultQualifier
	} else {
		args += " --qualifier " + qualifier + " --toolkit-stack-name CDKToolkit-" + qualifier
	}
	parameter := "/cdk-bootstrap/" + qualifier + "/version"
	out, err := ssm.NewFromConfig(d.Config).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(parameter)})
	place := "account " + topic.AccountID + " in " + topic.Region
	switch {
	case awserror.Code(err) == "ParameterNotFound":
		return check.Wrong(about, p.cdk("bootstrap", args),
			"%s is not bootstrapped for CDK: it has no parameter %s", place, parameter)
	case err != nil:
		return check.Failed(about, "ssm:GetParameter of "+parameter, err)
	}
	version := aws.ToString(out.Parameter.Value)
	if n, err := strconv.Atoi(version); err != nil || n < minBootstrap {
		return check.Wrong(about, p.cdk("bootstrap", args), "%s has version %s of CDK's bootstrap stack, which is too old",
			place, version)
	}
	return check.Right(about, "%s has version %s of CDK's bootstrap stack", place, version)
}

// conclude says how the file has changed and what to do next.
func (p *project) conclude(to *output.Printer, changes []change, ready check.Result) {
	if to.Format != output.Table {
		return
	}
	to.Printf("\n%s", names.ContextFile)
	if len(changes) == 0 {
		to.Printf(" already has these settings.\n")
	} else {
		to.Printf(" has changed:\n")
	}
	for _, c := range changes {
		for line := range strings.Lines(c.String()) {
			to.Printf("%s\n", output.Escape(strings.TrimSuffix(line, "\n")))
		}
	}
	if ready.Mark != check.MarkWrong {
		to.Printf("\nNext: %s\n", p.cdk("deploy", ""))
	}
}
