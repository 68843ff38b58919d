# Runs a command with the Go environment that this project needs. The user's variables, "go env -w" and a go.work in a
# parent directory must not change what is compiled. Only the locations of modules, caches and the C compiler are kept.
# Usage: sh infra/env.sh [NAME=VALUE ...] COMMAND [ARGUMENT ...]
keep='GOAUTH GOCACHE GOCACHEPROG GOINSECURE GOMODCACHE GONOPROXY GONOSUMDB GOPATH GOPRIVATE GOPROXY GOSUMDB GOTMPDIR
  GOTOOLCHAIN GOVCS CC'

# go env itself fails if one of these variables is invalid.
unset GOEXPERIMENT GOFLAGS GOOS GOARCH GOROOT GO111MODULE
export GOWORK=off
# shellcheck disable=SC2086 # names
values=$(go env $keep 2>/dev/null) || values=$(GOENV=off go env $keep) || exit
for name in $(env | sed -n 's/^\(C\{0,1\}GO[A-Z0-9_]*\)=.*/\1/p'); do
  case $name in
  GOMAXPROCS | GOMEMLIMIT | GOGC) ;; # limits of CPU and memory
  *) unset "$name" ;;
  esac
done
for name in $keep; do
  IFS= read -r value
  [ -z "$value" ] || export "$name=$value"
done <<END
$values
END
# The functions must not need C libraries on AWS Lambda. Programs for this machine don't use cgo either, so that tests
# without the race detector share their compiled packages. With -buildvcs, git would refuse to read a checkout that
# another user owns, and each commit would relink all programs.
exec env GOENV=off GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 "$@"
