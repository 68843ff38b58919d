# Runs go test, for the packages in $PKG or for all, and for the tests that match $RUN or for all:
#   sh infra/test.sh test-raced      what the race detector watches
#   sh infra/test.sh test-unraced    the rest
#   sh infra/test.sh chaos           the chaos, load and attempts tests, with the race detector
# make runs the first two at the same time. In a shell's background, they would ignore Ctrl-C.
set -eu
# The race detector doesn't watch the CDK app, which has no goroutines and whose library would be compiled once more,
# the tests of compiled programs, which are processes of their own, the drawing of pictures, and the task table's
# thousands of orders.
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
  # Their tests mostly wait for servers, so several packages run at once, whatever the number of CPUs.
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
    set -- "$@" -race -gcflags=all=-dwarf=false # compiling takes an eighth less without debug information
  else
    echo 'set-up: there is no C compiler: the tests run without the race detector' >&2
  fi
fi
# A program with the race detector need not wait at its end for races to be printed.
# shellcheck disable=SC2086 # several
exec sh infra/env.sh GORACE=atexit_sleep_ms=10 CGO_ENABLED=$cgo go test "$@" $packages
