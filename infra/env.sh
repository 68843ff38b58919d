# Runs a command that compiles Go as this project needs it. The user's environment, "go env -w" and a go.work above
# don't change how; where modules, caches and the C compiler are is the user's. Usage, like env's:
#   sh infra/env.sh [NAME=VALUE ...] COMMAND [ARGUMENT ...]
keep='GOAUTH GOCACHE GOCACHEPROG GOINSECURE GOMODCACHE GONOPROXY GONOSUMDB GOPATH GOPRIVATE GOPROXY GOSUMDB GOTMPDIR
  GOTOOLCHAIN GOVCS CC'

# These alone could keep go env from answering.
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
# What is compiled without C is the same for AWS Lambda, whose functions need that, and here.
# The version is linked in by infra/build.sh: git may refuse to tell go, and would relink programs at each commit.
exec env GOENV=off GOWORK=off GOFLAGS=-buildvcs=false CGO_ENABLED=0 "$@"
