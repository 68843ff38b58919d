# Runs a command, and prints WHAT if the command takes more than two seconds.
# Usage: sh infra/step.sh WHAT COMMAND [ARGUMENT ...]
what=$1
shift
# sleep may outlive this script. It must not keep the output open, because infra/local/prepare waits until it is closed.
{ sleep 2 2>/dev/null && echo "$what" >&2; } </dev/null >/dev/null &
timer=$!
trap 'kill "$timer" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$@"
