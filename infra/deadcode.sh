# Prints functions that no program calls, and fails if there are any. Packages that only tests use may have some. It
# reads the whole CDK library, for a minute: only if a file has changed since it found nothing.
# Usage: sh infra/deadcode.sh
set -eu
last=build/.deadcode
if [ -e "$last" ] && [ -z "$(find go.mod functions shared infra -name node_modules -prune -o \
  \( -type d -o -name '*.go' -o -name go.mod -o -name deadcode.sh \) -newer "$last" -print)" ]; then
  exit
fi
all=$(sh infra/env.sh go tool deadcode -tags lambda.norpc ./...)
if found=$(echo "$all" | grep -Ev '^infra/(local/(faultproxy|lambdahost|localtest|prepare)|operator/operatortest|readme)/|^$'); then
  echo "no program calls these functions:
$found" >&2
  exit 1
fi
mkdir -p build
touch "$last"
