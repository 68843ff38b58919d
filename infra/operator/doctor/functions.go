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

// checkFunctions checks that every function can be invoked.
func checkFunctions(ctx context.Context, d *deployment.Deployment) []check.Result {
	if d.Local {
		return []check.Result{check.Unclear("functions", "", "the local stack can only invoke them: --smoke does")}
	}
	client := lambda.NewFromConfig(d.Config)
	var checks []check.Result
	for _, name := range slices.Sorted(maps.Keys(d.Functions)) {
		checks = append(checks, checkFunction(ctx, client, name, d.Functions[name]))
	}
	return checks
}

func checkFunction(ctx context.Context, client *lambda.Client, name, function string) check.Result {
	about := "function " + name
	out, err := client.GetFunctionConfiguration(ctx,
		&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(function)})
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

// access is what deliver needs on a resource.
type access struct {
	resource string
	actions  []string
}

// deliverAccess is what deliver needs, for objects such as a task's.
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

// checkRights checks that deliver's role may reach both buckets.
func checkRights(ctx context.Context, d *deployment.Deployment) []check.Result {
	const about = "rights of deliver"
	switch {
	case d.Functions["deliver"] == "":
		return nil
	case d.Local:
		return noSuchService(about)
	}
	function, err := lambda.NewFromConfig(d.Config).GetFunctionConfiguration(ctx,
		&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(d.Functions["deliver"])})
	if err != nil {
		return []check.Result{check.Failed(about, "lambda:GetFunctionConfiguration", err)}
	}
	role, _ := arn.Parse(aws.ToString(function.Role)) // Lambda checked it
	client := iam.NewFromConfig(d.Config)
	var denied []string
	for _, a := range deliverAccess(d, role.Partition) {
		out, err := client.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: function.Role, ActionNames: a.actions, ResourceArns: []string{a.resource}})
		if err != nil {
			return []check.Result{check.Failed(about, "iam:SimulatePrincipalPolicy", err)}
		}
		for _, result := range out.EvaluationResults {
			if result.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
				denied = append(denied, aws.ToString(result.EvalActionName)+" on "+a.resource)
			}
		}
	}
	if len(denied) > 0 {
		return []check.Result{check.Wrong(about, revert(), "its role does not allow %s", strings.Join(denied, ", "))}
	}
	return []check.Result{check.Right(about,
		"its role allows what copying needs; policies of buckets and keys are not simulated")}
}
