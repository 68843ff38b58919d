package deployment

const (
	queryIndex = "dynamodb:Query of the table's index"
	pageRights = queryIndex + ", dynamodb:BatchGetItem, s3:GetObject of the delivery bucket, and for dead letters " +
		"sqs:GetQueueAttributes and lambda:InvokeFunction of the function redrive"
)

// rights are what each subcommand needs, besides cloudformation:DescribeStacks. README.md has doctor's.
var rights = map[string]string{
	"init": "sns:GetTopicAttributes and s3:ListBucket of what the guidance has, and ssm:GetParameter",
	"list": queryIndex, "stuck": queryIndex, "stats": queryIndex,
	"failures": queryIndex + " and dynamodb:BatchGetItem",
	"get": "dynamodb:GetItem of the table, for the beginning of an id dynamodb:Query of its index, for a task with " +
		"several runs s3:ListBucket and for --links and --download s3:GetObject of the delivery bucket",
	"watch":  queryIndex + ", or for given tasks dynamodb:GetItem",
	"browse": pageRights + " and dynamodb:GetItem", "report": pageRights,
	"reconcile": "lambda:InvokeFunction of the function reconcile, and for --inventory s3:GetObject of the inventory",
	"redrive": "lambda:InvokeFunction of the function redrive; for --save sqs:ReceiveMessage, sqs:DeleteMessage, " +
		"sqs:ChangeMessageVisibility and sqs:GetQueueAttributes; for --put-back sqs:SendMessage",
}

// grant says which rights a subcommand needs.
func grant(subcommand string) string {
	if own, known := rights[subcommand]; known {
		return "grant the permission: " + subcommand + " needs cloudformation:DescribeStacks, and " + own
	}
	return "grant the permission: infra/operator/README.md lists what " + subcommand + " needs"
}
