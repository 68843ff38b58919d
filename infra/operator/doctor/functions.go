package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
)

// checkFunctions checks that every function can be invoked, and that deliver has the rights it needs on both buckets.
func checkFunctions(ctx context.Context, d *deployment.Deployment) []check.Result {
	if d.Local {
		return []check.Result{check.Unclear("functions", "", "the local stack cannot describe them; --smoke invokes them"),
			noSuchService(aboutRights)}
	}
	client := lambda.NewFromConfig(d.Config)
	var checks, rights []check.Result
	for _, name := range slices.Sorted(maps.Keys(d.Functions)) {
		out, err := client.GetFunctionConfiguration(ctx,
			&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(d.Functions[name])})
		checks = append(checks, checkFunction(name, d.Functions[name], out, err))
		if name == "deliver" && err == nil {
			rights = append(rights, checkRights(ctx, d, aws.ToString(out.Role)))
		}
	}
	return append(checks, rights...)
}

// checkFunction checks a function, given Lambda's answer about it.
func checkFunction(name, function string, out *lambda.GetFunctionConfigurationOutput, err error) check.Result {
	about := "function " + name
	switch {
	case awserror.Code(err) == "ResourceNotFoundException":
		return check.Wrong(about, revert(), "%s does not exist", function)
	case err != nil:
		return check.Failed(about, "lambda:GetFunctionConfiguration", err)
	case out.State != types.StateActive && out.State != types.StateInactive:
		return check.Wrong(about, "deploy again", "it is %s: %s", out.State, aws.ToString(out.StateReason))
	case out.LastUpdateStatus == types.LastUpdateStatusFailed:
		return check.Wrong(about, "deploy again", "its update failed: %s", aws.ToString(out.LastUpdateStatusReason))
	}
	return check.Right(about, "%s exists", function)
}

const aboutRights = "permissions of deliver"

// access is the set of actions that deliver needs on a resource.
type access struct {
	resource string
	actions  []string
}

// deliverAccess returns the access that deliver needs, for keys like those of a task.
func deliverAccess(d *deployment.Deployment, partition string) []access {
	bucket := func(name string) string { return "arn:" + partition + ":s3:::" + name }
	prefix, _, _ := strings.Cut(d.Setting("deliveryPrefix"), "{")
	return []access{
		{bucket(d.OutputBucket), []string{"s3:ListBucket"}},
		{bucket(d.OutputBucket) + "/task/task-0f3c-1.png", []string{"s3:GetObject", "s3:GetObjectTagging"}},
		{bucket(d.DeliveryBucket), []string{"s3:ListBucket"}},
		{bucket(d.DeliveryBucket) + "/" + prefix + "task/task-0f3c-1.png",
			[]string{"s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"}},
	}
}

// checkRights checks that deliver's role allows what it does with both buckets.
func checkRights(ctx context.Context, d *deployment.Deployment, role string) check.Result {
	parsed, _ := arn.Parse(role) // Lambda has checked it
	client := iam.NewFromConfig(d.Config)
	var denied []string
	for _, a := range deliverAccess(d, parsed.Partition) {
		out, err := client.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(role), ActionNames: a.actions, ResourceArns: []string{a.resource}})
		if err != nil {
			return check.Failed(aboutRights, "iam:SimulatePrincipalPolicy", err)
		}
		for _, result := range out.EvaluationResults {
			if result.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
				denied = append(denied, aws.ToString(result.EvalActionName)+" on "+a.resource)
			}
		}
	}
	if len(denied) > 0 {
		return check.Wrong(aboutRights, revert(), "its role does not allow %s", strings.Join(denied, ", "))
	}
	return check.Right(aboutRights, "its role allows what copying needs; policies of buckets and keys are not simulated")
}
