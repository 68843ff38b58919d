#!/bin/sh
# Prints what is being built, and how far that is: "[2/9] Compiling ...".
# Usage: infra/step.sh --of STEPS, before the first step; then infra/step.sh WHAT.
steps=build/steps
if [ "$1" = --of ]; then
  rm -rf "$steps" && mkdir -p "$steps" && echo "$2" >"$steps/of"
  exit
fi
n=1
# Steps run at the same time: mkdir gives each a number of its own.
while ! mkdir "$steps/$n" 2>/dev/null && [ -d "$steps/$n" ]; do
  n=$((n + 1))
done
echo "[$n/$(cat "$steps/of")] $1"
