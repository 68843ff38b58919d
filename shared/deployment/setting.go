package deployment

// The settings that the guidance's stack gives. The CDK app reads them from the CDK context; sdtasks init writes them.
const (
	TopicSetting        = "topicArn"
	OutputBucketSetting = "outputBucket"
	StackNameSetting    = "stackName"
	InputTopicSetting   = "inputTopicArn"
)

// ContextFile is the file with the settings, in the folder that has cdk.json.
const ContextFile = "cdk.context.json"
