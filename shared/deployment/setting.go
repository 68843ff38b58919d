package deployment

// The settings whose values come from the guidance's stack. sdtasks init writes them, and the CDK app reads them from
// the CDK context.
const (
	TopicSetting        = "topicArn"
	OutputBucketSetting = "outputBucket"
	StackNameSetting    = "stackName"
	InputTopicSetting   = "inputTopicArn"
)

// ContextFile is the name of the file with the settings, in the folder of cdk.json.
const ContextFile = "cdk.context.json"
