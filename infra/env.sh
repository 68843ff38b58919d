# Runs a command with the Go environment that this project needs. The user's variables, "go env -w" and a go.work above
# the project must not change what is compiled. They only say where modules, caches and the C compiler are.
# Usage: sh infra/env.sh [NAME=VALUE ...] COMMAND [ARGUMENT ...]
keep='GOAUTH GOCACHE GOCACHEPROG GOINSECURE GOMODCACHE GONOPROXY GONOSUMDB GOPATH GOPRIVATE GOPROXY GOSUMDB GOTMPDIR
  GOTOOLCHAIN GOVCS CC'

# go env itself fails if one of these is wrong.
unset GOEXPERIMENT GOFLAGS GOOS GOARCH GOROOT GO111MODULE
export GOWORK=off
# shellcheck disable=SC2086 # names
values=$(go env $keep 2>/dev/null) || values=$(GOENV=off go env $keep) || exit
for name in $(env | sed -n 's/^\(C\{0,1\}GO[A-Z0-9_]*\)=.*/\1/p'); do
  case $name in
  GOMAXPROCS | GOMEMLIMIT | GOGC) ;; # how much of the machine Go may use
  *) unset "$name" ;;
  esac
done
for name in $keep; do
  IFS= read -r value
  [ -z "$value" ] || export "$name=$value"
done <<END
$values
END
# The functions must not need C on AWS Lambda. On this machine, tests without the race detector share what is compiled.
# go must not ask git for a version: git refuses in a checkout of another user, and each commit would relink programs.
exec env GOENV=off GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 "$@"
