package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/shared/awserror"
)

// functions checks that every function can be invoked.
func (x *examination) functions(ctx context.Context) []check {
	if x.local {
		return []check{{Mark: unclear, About: "functions", Says: "the local stack only invokes them: --smoke does"}}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	client := lambda.NewFromConfig(x.cfg)
	var checks []check
	for _, name := range slices.Sorted(maps.Keys(x.Functions)) {
		about := "function " + name
		out, err := client.GetFunctionConfiguration(ctx,
			&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(x.Functions[name])})
		switch {
		case awserror.Code(err) == "ResourceNotFoundException":
			checks = append(checks, bad(about, mend, "%s does not exist", x.Functions[name]))
		case err != nil:
			checks = append(checks, untold(about, "lambda:GetFunctionConfiguration", err))
		case out.State != types.StateActive && out.State != types.StateInactive:
			checks = append(
				checks,
				bad(about, "deploy again", "it is %s: %s", out.State, aws.ToString(out.StateReason)),
			)
		case out.LastUpdateStatus == types.LastUpdateStatusFailed:
			checks = append(
				checks,
				bad(about, "deploy again", "its update failed: %s", aws.ToString(out.LastUpdateStatusReason)),
			)
		default:
			checks = append(checks, ok(about, "%s is there", x.Functions[name]))
		}
	}
	return checks
}

// access is what deliver needs on a resource.
type access struct {
	resource string
	actions  []string
}

// accesses are deliver's, for objects such as a task's.
func (x *examination) accesses(partition string) []access {
	bucket := func(name string) string { return "arn:" + partition + ":s3:::" + name }
	prefix, _, _ := strings.Cut(x.setting("deliveryPrefix"), "{")
	return []access{
		{bucket(x.OutputBucket), []string{"s3:ListBucket"}},
		{bucket(x.OutputBucket) + "/task/task-0f3c-1.png", []string{"s3:GetObject", "s3:GetObjectTagging"}},
		{bucket(x.DeliveryBucket), []string{"s3:ListBucket"}},
		{bucket(x.DeliveryBucket) + "/" + prefix + "task/task-0f3c-1.png",
			[]string{"s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload"}},
	}
}

// rights checks that deliver's role may reach both buckets.
func (x *examination) rights(ctx context.Context) []check {
	if x.Functions["deliver"] == "" {
		return nil
	}
	const about = "rights of deliver"
	if c, missing := x.notHere("IAM", about); missing {
		return []check{c}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	function, err := lambda.NewFromConfig(x.cfg).GetFunctionConfiguration(ctx,
		&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(x.Functions["deliver"])})
	if err != nil {
		return []check{untold(about, "lambda:GetFunctionConfiguration", err)}
	}
	client, role := iam.NewFromConfig(x.cfg), aws.ToString(function.Role)
	var denied []string
	for _, a := range x.accesses(partition(role)) {
		out, err := client.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(role), ActionNames: a.actions, ResourceArns: []string{a.resource}})
		if err != nil {
			return []check{untold(about, "iam:SimulatePrincipalPolicy", err)}
		}
		for _, result := range out.EvaluationResults {
			if result.EvalDecision != iamtypes.PolicyEvaluationDecisionTypeAllowed {
				denied = append(denied, aws.ToString(result.EvalActionName)+" on "+a.resource)
			}
		}
	}
	if len(denied) > 0 {
		return []check{bad(about, mend, "its role does not allow %s", strings.Join(denied, ", "))}
	}
	return []check{ok(about, "its role allows what copying needs; policies of buckets and keys are not simulated")}
}

func partition(role string) string {
	parts := strings.Split(role, ":")
	if len(parts) < 2 {
		return "aws"
	}
	return parts[1]
}

// alarms checks that no alarm has gone off, and that somebody would be told.
func (x *examination) alarms(ctx context.Context) []check {
	if len(x.Functions) == 0 {
		return nil
	}
	const about = "alarms"
	if c, missing := x.notHere("CLOUDWATCH", about); missing {
		return []check{c}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	var all []cloudwatchtypes.MetricAlarm
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(x.cfg),
		&cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(x.stackName() + "-")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check{untold(about, "cloudwatch:DescribeAlarms", err)}
		}
		all = append(all, page.MetricAlarms...)
	}
	if len(all) == 0 {
		return []check{bad(about, mend, "there is none whose name begins with %s-", x.stackName())}
	}
	return append([]check{x.alarmStates(all)}, x.alarmTargets(ctx, all)...)
}

func (x *examination) alarmStates(all []cloudwatchtypes.MetricAlarm) check {
	var off []string
	for _, a := range all {
		if a.StateValue == cloudwatchtypes.StateValueAlarm {
			off = append(off, aws.ToString(a.AlarmName))
		}
	}
	if len(off) > 0 {
		return bad("alarms", "infra/operator/README.md says what to do about each", "%s", strings.Join(off, ", "))
	}
	return ok("alarms", "none of %d has gone off", len(all))
}

// alarmTargets checks that the topics of alarms have confirmed subscriptions.
func (x *examination) alarmTargets(ctx context.Context, all []cloudwatchtypes.MetricAlarm) []check {
	const about = "who is told of alarms"
	topics := map[string]bool{}
	for _, a := range all {
		for _, action := range a.AlarmActions {
			if strings.Contains(action, ":sns:") {
				topics[action] = true
			}
		}
	}
	if len(topics) == 0 {
		return []check{bad(about, "deploy with alarmEmail or alarmTopicArn", "nobody")}
	}
	var checks []check
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		out, err := sns.NewFromConfig(x.cfg).ListSubscriptionsByTopic(ctx,
			&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topic)})
		if err != nil {
			checks = append(checks, untold(about, "sns:ListSubscriptionsByTopic of "+topic, err))
			continue
		}
		confirmed := 0
		for _, s := range out.Subscriptions {
			if strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") {
				confirmed++
			}
		}
		if confirmed == 0 {
			checks = append(checks, bad(about, "follow the link in the mail that SNS has sent, or subscribe somebody",
				"nobody has confirmed a subscription to %s", topic))
			continue
		}
		checks = append(checks, ok(about, "%d subscribers of %s", confirmed, afterLast(topic, ":")))
	}
	return checks
}

// stackName is the name that alarms' names begin with: the functions', too.
func (x *examination) stackName() string {
	name, _, found := strings.Cut(x.Functions["record"], "-RecordFunction")
	if !found {
		return fmt.Sprint(x.StackName)
	}
	return name
}
