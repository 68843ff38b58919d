# Checks formatting, vet, staticcheck, go.mod and dead code:
#   sh infra/check.sh
set -eu
go() { sh infra/env.sh go "$@"; }

# shellcheck disable=SC2046 # files
unformatted=$(gofmt -l $(find functions shared infra -name node_modules -prune -o -name '*.go' -print))
if [ -n "$unformatted" ]; then
  echo "run gofmt -w on: $unformatted"
  exit 1
fi
go tool staticcheck -tags lambda.norpc ./...
for module in . infra/local/servers/s3/gateway; do
  go vet -C $module -tags lambda.norpc ./...
  go mod tidy -C $module -diff
done

# Finds functions that no program calls, except in packages that only tests use. deadcode reads the whole CDK library,
# which takes a minute, so it runs only if a file has changed since the last run that found nothing.
last=build/.deadcode
if [ -e "$last" ] && [ -z "$(find go.mod functions shared infra -name node_modules -prune -o \
  \( -type d -o -name '*.go' -o -name go.mod -o -name check.sh \) -newer "$last" -print)" ]; then
  exit
fi
all=$(go tool deadcode -tags lambda.norpc ./...)
if found=$(echo "$all" | grep -Ev '^infra/(local/(faultproxy|lambdahost|localtest|prepare)|operator/operatortest|readme)/|^$'); then
  echo "no program calls these functions; delete them:
$found" >&2
  exit 1
fi
mkdir -p build
touch "$last"
