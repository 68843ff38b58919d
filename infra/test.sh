# Runs go test, for the packages in $PKG or for all, and for the tests that match $RUN or for all:
#   sh infra/test.sh test-raced      packages that run with the race detector
#   sh infra/test.sh test-unraced    all other packages
#   sh infra/test.sh chaos           the chaos, load and attempts tests, with the race detector
# make runs the first two in parallel, because a shell's background jobs would ignore Ctrl-C.
set -eu
# These packages run without the race detector: the CDK app has no goroutines, and its library would be compiled twice;
# compiled programs are separate processes; drawing pictures and the task table's thousands of orders would be slow.
unwatched='sdtasktracker/(infra/cdk|infra/bench|infra/release|infra/local/(e2e|demo|picture)|shared/tasktable)$'

list() { sh infra/env.sh go list -tags lambda.norpc "$@"; }
if [ -n "${PKG:-}" ]; then # the tests build what they need: see infra/local/prepare
  # shellcheck disable=SC2086 # several
  packages=$(list $PKG)
else # make has built everything; packages without tests need not be compiled
  packages=$(list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...)
  export TESTS_PREPARED=yes
fi

kind=$1
set -- -vet=off -tags lambda.norpc ${RUN:+-run "$RUN"} # make check vets
case $kind in
test-raced)
  packages=$(echo "$packages" | grep -Ev "$unwatched") || exit 0
  # These tests mostly wait for servers, so three packages run at once, even on fewer CPUs.
  set -- "$@" -timeout 20m -p 3
  ;;
test-unraced)
  packages=$(echo "$packages" | grep -E "$unwatched") || exit 0
  set -- "$@" -timeout 20m
  ;;
chaos)
  packages=./infra/local/e2e
  set -- "$@" -timeout 2h -count=1 -v -run 'TestChaos|TestLoad|TestAttempts'
  ;;
esac

cgo=0
if [ "$kind" != test-unraced ]; then
  # shellcheck disable=SC2046 # with arguments
  if command -v $(sh infra/env.sh go env CC) >/dev/null; then
    cgo=1
    set -- "$@" -race -gcflags=all=-dwarf=false # compiling takes an eighth less time without debug information
  else
    echo 'set-up: no C compiler found: the tests run without the race detector' >&2
  fi
fi
# By default, a program with the race detector waits a second at its end, so that races are printed.
# shellcheck disable=SC2086 # several
exec sh infra/env.sh GORACE=atexit_sleep_ms=10 CGO_ENABLED=$cgo go test "$@" $packages
