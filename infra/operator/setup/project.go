package setup

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
)

const projectFile = "cdk.json"

// project is the folder to deploy from: this project's source, or an unpacked release.
type project struct {
	context settings           // the context in cdk.json
	options deployment.Options // choose the account and the Region
}

// findProject finds the project in the working directory.
func findProject(options deployment.Options) (*project, error) {
	content, err := os.ReadFile(projectFile)
	if err != nil {
		return nil, fmt.Errorf("this folder has no %s: run init in the folder of the project, or of an unpacked release",
			projectFile)
	}
	var file struct{ Context settings }
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, fmt.Errorf("read %s: %w", projectFile, err)
	}
	return &project{file.Context, options}, nil
}

// cdk returns the command line that runs a command of the CDK CLI for the same account and Region.
func (place *project) cdk(name, args string) string {
	environment := ""
	if place.options.Region != "" {
		environment = "AWS_REGION=" + place.options.Region + " "
	}
	if place.options.Profile != "" {
		args += " --profile " + place.options.Profile
	}
	return environment + command.CDK(name, args)
}

// The default qualifier of CDK's bootstrap stack, the context key that sets another, and the minimum version of the
// bootstrap stack ("AWS CDK bootstrapping" in the AWS CDK Developer Guide).
const (
	qualifierKey     = "@aws-cdk/core:bootstrapQualifier"
	defaultQualifier = "hnb659fds"
	minBootstrap     = 6
)

// checkBootstrap checks that CDK can deploy to the topic's account and Region.
func (place *project) checkBootstrap(ctx context.Context, d *deployment.Deployment, own settings) check.Result {
	const about = "bootstrap"
	ctx, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	topic, _ := arn.Parse(d.TopicARN) // check.Topic has checked it
	args := "aws://" + topic.AccountID + "/" + topic.Region
	qualifier := cmp.Or(own.text(qualifierKey), place.context.text(qualifierKey))
	if qualifier == "" {
		qualifier = defaultQualifier
	} else {
		args += " --qualifier " + qualifier + " --toolkit-stack-name CDKToolkit-" + qualifier
	}
	parameter := "/cdk-bootstrap/" + qualifier + "/version"
	out, err := ssm.NewFromConfig(d.Config).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String(parameter)})
	where := "account " + topic.AccountID + " in " + topic.Region
	switch {
	case awserror.Code(err) == "ParameterNotFound":
		return check.Wrong(about, place.cdk("bootstrap", args),
			"%s is not bootstrapped for CDK: it has no parameter %s", where, parameter)
	case err != nil:
		return check.Failed(about, "ssm:GetParameter of "+parameter, err)
	}
	version := aws.ToString(out.Parameter.Value)
	if n, err := strconv.Atoi(version); err != nil || n < minBootstrap {
		return check.Wrong(about, place.cdk("bootstrap", args),
			"%s has version %s of CDK's bootstrap stack, which is too old", where, version)
	}
	return check.Right(about, "%s has version %s of CDK's bootstrap stack", where, version)
}
