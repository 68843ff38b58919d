package doctor

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/tasktable"
)

// checkTable checks the task table, its index and its TTL.
func checkTable(ctx context.Context, d *deployment.Deployment) []check.Result {
	const about = "task table"
	client := dynamodb.NewFromConfig(d.Config)
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(d.TaskTable)})
	switch {
	case awserror.Code(err) == "ResourceNotFoundException":
		return []check.Result{check.Wrong(about, "deploy the stack again", "%s does not exist", d.TaskTable)}
	case err != nil:
		return []check.Result{check.Failed(about, "dynamodb:DescribeTable", err)}
	case out.Table.TableStatus != types.TableStatusActive:
		return []check.Result{check.Wrong(about, "wait and try again", "%s is %s", d.TaskTable, out.Table.TableStatus)}
	}
	return []check.Result{checkIndexes(d, out.Table.GlobalSecondaryIndexes), checkTimeToLive(ctx, client, d)}
}

// checkIndexes checks that the task table has the indexes that lists of tasks need.
func checkIndexes(d *deployment.Deployment, indexes []types.GlobalSecondaryIndexDescription) check.Result {
	const about = "task table"
	needed, says := []string{tasktable.StatusIndex}, "%s is active, with its index"
	if d.HasCallers() {
		needed, says = append(needed, tasktable.CallerIndex), "%s is active, with its indexes"
	}
	for _, name := range needed {
		isActive := func(i types.GlobalSecondaryIndexDescription) bool {
			return aws.ToString(i.IndexName) == name && i.IndexStatus == types.IndexStatusActive
		}
		if !slices.ContainsFunc(indexes, isActive) {
			return check.Wrong(about, "lists of tasks need it: infra/README.md, An existing table, says which tables fit",
				"%s has no active %s", d.TaskTable, name)
		}
	}
	return check.Right(about, says, d.TaskTable)
}

// checkTimeToLive checks that items expire if the settings say so.
func checkTimeToLive(ctx context.Context, client *dynamodb.Client, d *deployment.Deployment) check.Result {
	const about = "expiry of items"
	days := d.Setting("retentionDays")
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(d.TaskTable)})
	if err != nil {
		return check.Failed(about, "dynamodb:DescribeTimeToLive", err)
	}
	on := out.TimeToLiveDescription.TimeToLiveStatus == types.TimeToLiveStatusEnabled
	attribute := aws.ToString(out.TimeToLiveDescription.AttributeName)
	switch {
	case !on && days == "":
		return check.Right(about, "TTL is off: without retentionDays no item expires")
	case !on:
		return check.Wrong(about, revert(), "TTL is off, so items stay longer than the %s days of retentionDays", days)
	case attribute != tasktable.TimeToLiveAttribute:
		return check.Wrong(about, revert(), "the TTL attribute is %s, not %s", attribute, tasktable.TimeToLiveAttribute)
	}
	return check.Right(about, "TTL is on")
}
