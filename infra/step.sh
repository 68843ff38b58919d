# Runs a command, and says what is being done if that takes longer than two seconds.
# Usage: sh infra/step.sh WHAT COMMAND [ARGUMENT ...]
what=$1
shift
# Whoever reads this script's output does not wait for a sleep that is left.
{ sleep 2 2>/dev/null && echo "$what" >&2; } </dev/null >/dev/null &
timer=$!
trap 'kill "$timer" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$@"
