# Compiles programs. The go command decides what is out of date. A program's file is replaced only if its bytes have
# changed, because make's rule for the template and Go's test cache compare the file's modification time.
#   sh infra/build.sh lambda           the functions for AWS Lambda: build/functions/NAME/bootstrap
#   sh infra/build.sh here PACKAGE...  programs for this machine: build/bin/NAME
#   sh infra/build.sh s3               the local S3 server: build/bin/local-s3
#   sh infra/build.sh release          the archives of a release, from the compiled functions: dist/
set -eu
umask 022 # on AWS Lambda, the user who runs the files doesn't own them
kind=$1
shift
new=build/new/$kind

# version prints git's description of this commit, or nothing if git can't describe it. For the tag v1.0.0, it prints
# 1.0.0. The number of digits is the same on every machine, and the checkout's owner makes no difference.
version() {
  run() { git -c safe.directory='*' -c core.fsmonitor=false "$@" 2>/dev/null; }
  if [ -z "$(run rev-parse --show-prefix)" ]; then # otherwise, this is a folder in another repository
    run describe --tags --always --abbrev=12 | tr -cd 'A-Za-z0-9._+-' | sed 's/^v\([0-9]\)/\1/'
  fi
}
version=$(version)
version=${version:-devel}
stamp="-s -w -X sdtasktracker/shared/version.Version=$version"

# publish NAME TARGET copies a compiled program to TARGET if its bytes have changed.
publish() {
  mkdir -p "${2%/*}"
  if ! cmp -s "$new/$1" "$2"; then
    cp "$new/$1" "$2.new" && mv -f "$2.new" "$2" # it may be running
  fi
  chmod 755 "$2" "${2%/*}"
}

case $kind in
lambda)
  # With -trimpath, the bytes don't depend on this machine's paths. Without debug information, which nobody reads,
  # compiling takes an eighth less time.
  sh infra/env.sh GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -trimpath -gcflags=all=-dwarf=false \
    -ldflags "$stamp" -o "$new/" ./functions/...
  for main in functions/*/main.go; do
    name=$(basename "$(dirname "$main")")
    publish "$name" "build/functions/$name/bootstrap"
  done
  # CDK doesn't copy an unchanged package again, so a copy with wrong modes would stay.
  for file in cdk.out/asset.*/bootstrap; do
    [ ! -e "$file" ] || chmod 755 "$file" "${file%/*}"
  done
  ;;
here)
  # Only programs that print their version contain it. If functions did, Go would repeat their tests for each commit.
  sh infra/env.sh go build -tags lambda.norpc -ldflags '-s -w' -ldflags "sdtasktracker/infra/cdk=$stamp" \
    -ldflags "sdtasktracker/infra/operator=$stamp" -o "$new/" "$@"
  for package; do
    name=$(basename "$package")
    case $name in
    operator) publish "$name" build/bin/sdtasks ;; # the name that users type
    *) publish "$name" "build/bin/$name" ;;
    esac
  done
  ;;
s3)
  mkdir -p "$new"
  sh infra/env.sh go build -C infra/local/servers/s3/gateway -ldflags '-s -w' -o "../../../../../$new/local-s3" .
  publish local-s3 build/bin/local-s3
  ;;
release)
  set -- linux-amd64 linux-arm64 darwin-amd64 darwin-arm64
  for platform; do
    sh infra/env.sh GOOS="${platform%-*}" GOARCH="${platform#*-}" go build -tags lambda.norpc -trimpath \
      -gcflags=all=-dwarf=false -ldflags "$stamp" -o "$new/$platform/" ./infra/cdk ./infra/operator
  done
  sh infra/env.sh go run ./infra/release "$version" "$new" dist "$@"
  rm -rf "$new" # it takes half a gigabyte
  ;;
esac
