#!/bin/sh
# run_and_compare.sh EXPECTED COMMAND...: succeeds if the command does and prints what EXPECTED holds.
set -eu
expected=$1
shift
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$@" >"$output"
diff -u "$expected" "$output"
