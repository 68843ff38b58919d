# Synthesizes the template for the local stack in cdk.out/, with build/bin/cdk. It runs the CDK app without the CDK CLI,
# which would also read cdk.context.json and ~/.cdk.json. Usage: sh infra/synth.sh
set -eu
umask 022
# In AWS, the first three belong to the guidance's stack; here, the local stack creates them. The next three turn on
# what runs on this machine. The CLI adds the last two.
CDK_CONTEXT_JSON=$(node -p 'JSON.stringify({
  ...JSON.parse(fs.readFileSync("cdk.json")).context,
  topicArn: "arn:aws:sns:us-east-1:000000000000:sd-notification-output", outputBucket: "sd-output-bucket",
  inputTopicArn: "arn:aws:sns:us-east-1:000000000000:sd-notification-input",
  taskEvents: true, taskRequests: true, callerContext: "user",
  "aws:cdk:enable-path-metadata": true, "aws:cdk:enable-asset-metadata": true,
})')
CDK_OUTDIR=cdk.out CDK_DEFAULT_ACCOUNT='' CDK_DEFAULT_REGION=''
# Validating the template takes half of the time: the CDK app's tests validate others, and cdk deploy what it deploys.
CDK_VALIDATION=false
export CDK_CONTEXT_JSON CDK_OUTDIR CDK_DEFAULT_ACCOUNT CDK_DEFAULT_REGION CDK_VALIDATION
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20
exec build/bin/cdk
