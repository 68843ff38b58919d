# Follows the functions' logs of a deployed stack, or opens its dashboard. It needs the AWS CLI, version 2.
# Usage: sh infra/stack.sh logs|open STACK
stack=$2
outputs=$(aws cloudformation describe-stacks --stack-name "$stack" --output text \
  --query 'Stacks[0].Outputs[].[OutputKey,OutputValue]') || {
  echo "make $1: can't read the outputs of stack $stack: set AWS_PROFILE and AWS_REGION to the stack's account" \
    "and Region, and STACK to its name if you changed it" >&2
  exit 1
}
# output PATTERN prints the values of the outputs whose keys match.
output() {
  printf '%s\n' "$outputs" | awk -F '\t' -v key="$1" '$1 ~ key { print $2 }'
}
case $1 in
logs)
  trap 'kill 0' INT TERM
  for function in $(output 'Function$'); do
    group=$(aws lambda get-function-configuration --output text --function-name "$function" \
      --query LoggingConfig.LogGroup) && aws logs tail "$group" --follow --since 5m &
  done
  wait
  ;;
open)
  url=$(output '^DashboardUrl$')
  [ -n "$url" ] || { echo "make open: stack $stack has no dashboard: its setting dashboard is false" >&2; exit 1; }
  echo "$url"
  { open "$url" || xdg-open "$url"; } >/dev/null 2>&1 || true
  ;;
esac
