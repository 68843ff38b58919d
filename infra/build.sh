# Compiles programs. go build knows itself what is out of date. What it makes is copied only if the bytes have
# changed, so that the time of a file in build/ says when it changed: the template and Go's test cache go by that.
#   sh infra/build.sh lambda           the functions for AWS Lambda: build/functions/NAME/bootstrap
#   sh infra/build.sh here PACKAGE...  programs for this machine: build/bin/NAME
#   sh infra/build.sh s3               the local S3 server: build/bin/local-s3
set -eu
umask 022 # Lambda runs a package as another user than its files' owner
kind=$1
shift
new=build/new/$kind

# version is git's name of this commit, in as many digits everywhere; "devel" where git doesn't tell.
version() {
  run() { git -c safe.directory='*' -c core.fsmonitor=false "$@" 2>/dev/null; }
  if [ -z "$(run rev-parse --show-prefix)" ]; then # a release in a directory of another repository has no version
    run describe --tags --always --abbrev=12 | tr -cd 'A-Za-z0-9._+-'
  fi
}
version=$(version)
stamp="-s -w -X sdtasktracker/shared/version.Version=${version:-devel}"

# publish NAME TARGET copies what was compiled.
publish() {
  mkdir -p "${2%/*}"
  if ! cmp -s "$new/$1" "$2"; then
    cp "$new/$1" "$2.new" && mv -f "$2.new" "$2" # it may be running
  fi
  chmod 755 "$2" "${2%/*}"
}

case $kind in
lambda)
  # Without paths of this machine, the bytes are the same on every other. No debugger reads debug information,
  # which takes an eighth of the time.
  sh infra/env.sh GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -trimpath -gcflags=all=-dwarf=false \
    -ldflags "$stamp" -o "$new/" ./functions/...
  for main in functions/*/main.go; do
    name=$(basename "$(dirname "$main")")
    publish "$name" "build/functions/$name/bootstrap"
  done
  # CDK does not copy again what an earlier synthesis copied with other modes.
  for file in cdk.out/asset.*/bootstrap; do
    [ ! -e "$file" ] || chmod 755 "$file" "${file%/*}"
  done
  ;;
here)
  # Only what shows its version is stamped: a commit would change the functions, and go test run their tests again.
  sh infra/env.sh go build -tags lambda.norpc -ldflags '-s -w' -ldflags "sdtasktracker/infra/cdk=$stamp" \
    -ldflags "sdtasktracker/infra/operator=$stamp" -o "$new/" "$@"
  for package; do
    name=$(basename "$package")
    case $name in
    operator) publish "$name" build/bin/sdtasks ;; # as its users know it
    *) publish "$name" "build/bin/$name" ;;
    esac
  done
  ;;
s3)
  mkdir -p "$new"
  sh infra/env.sh go build -C infra/local/servers/s3/gateway -ldflags '-s -w' -o "../../../../../$new/local-s3" .
  publish local-s3 build/bin/local-s3
  ;;
esac
