# Synthesizes the template for the local stack in cdk.out/, with build/bin/cdk. It runs the CDK app without the CDK CLI,
# which would also read cdk.context.json and ~/.cdk.json. Usage: sh infra/synth.sh
set -eu
umask 022
# On AWS, the guidance's stack has the topics and the bucket; here, the local stack creates them. The next three
# settings turn on optional features that run on this machine. In a deployment, the CDK CLI sets the last two.
CDK_CONTEXT_JSON=$(node -p 'JSON.stringify({
  ...JSON.parse(fs.readFileSync("cdk.json")).context,
  topicArn: "arn:aws:sns:us-east-1:000000000000:sd-notification-output", outputBucket: "sd-output-bucket",
  inputTopicArn: "arn:aws:sns:us-east-1:000000000000:sd-notification-input",
  taskEvents: true, taskRequests: true, callerContext: "user",
  "aws:cdk:enable-path-metadata": true, "aws:cdk:enable-asset-metadata": true,
})')
CDK_OUTDIR=cdk.out CDK_DEFAULT_ACCOUNT='' CDK_DEFAULT_REGION=''
# Validating the template would double the time. The CDK app's tests and cdk deploy validate their templates.
CDK_VALIDATION=false
export CDK_CONTEXT_JSON CDK_OUTDIR CDK_DEFAULT_ACCOUNT CDK_DEFAULT_REGION CDK_VALIDATION
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20
exec build/bin/cdk
