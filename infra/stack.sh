# Follows the functions' logs of a deployed stack, or opens its dashboard. It needs the AWS CLI, version 2.
# Usage: sh infra/stack.sh logs|open STACK
output() {
  aws cloudformation describe-stacks --stack-name "$stack" --output text \
    --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}
stack=$2
case $1 in
logs)
  trap 'kill 0' INT TERM
  for function in Record Deliver Redrive Reconcile; do
    name=$(output "${function}Function") && group=$(aws lambda get-function-configuration --output text \
      --function-name "$name" --query LoggingConfig.LogGroup) && aws logs tail "$group" --follow --since 5m &
  done
  wait
  ;;
open)
  url=$(output DashboardUrl) && [ -n "$url" ] || { echo "$stack has no dashboard" >&2; exit 1; }
  echo "$url"
  { open "$url" || xdg-open "$url"; } >/dev/null 2>&1 || true
  ;;
esac
