# Prints a line for each tool that this machine lacks to build and test, and fails if it prints any.
# Usage: sh infra/setup.sh FREE_GB [go], in the project's directory. With go, it doesn't look for Node.js.
LC_ALL=C
export LC_ALL
failed=0
lacks() {
  echo "set-up: $*" >&2
  failed=1
}

# older VERSION WANTED compares the major and minor version numbers.
older() {
  awk -v has="$1" -v wants="$2" 'BEGIN {
    split(has, h, "."); split(wants, w, ".")
    exit !(h[1] + 0 < w[1] + 0 || h[1] + 0 == w[1] + 0 && h[2] + 0 < w[2] + 0)
  }'
}

go_wanted=$(awk '$1 == "go" { print $2; exit }' go.mod)
if ! command -v go >/dev/null 2>&1; then
  lacks "Go is missing: install $go_wanted or later from https://go.dev/dl"
elif go_has=$(sh "$(dirname "$0")/env.sh" go env GOVERSION 2>&1); older "${go_has#go}" "$go_wanted"; then
  lacks "Go is too old, or broken: it says \"$go_has\"; install $go_wanted or later from https://go.dev/dl"
fi

if [ "${2:-}" = go ]; then
  :
elif ! command -v node >/dev/null 2>&1; then
  lacks "Node.js is missing: install 22 or 24 from https://nodejs.org"
elif node_has=$(node --version 2>&1); older "${node_has#v}" 20.0; then
  lacks "Node.js is too old, or broken: it says \"$node_has\"; install 22 or 24 from https://nodejs.org"
elif ! command -v npm >/dev/null 2>&1; then
  lacks "npm is missing: install Node.js, which includes npm, from https://nodejs.org"
elif older "${node_has#v}" 22.0; then
  echo "set-up: Node.js $node_has works, but has reached its end of life: install 22 or 24 from https://nodejs.org" >&2
fi

case $PWD in
*\\* | *'
'*) lacks "this directory's path has a backslash or a line break, and Go can't compile there: move the directory" ;;
esac

free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }')
if [ "$free" -lt "$1" ]; then
  lacks "this disk has $free GB free, but the build needs $1 GB: free some space"
fi
exit $failed
