#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole program under the address and undefined-behaviour sanitizers: every
# lab log parsed, and imported in small batches over two runs; the sample day.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/asan/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
UBSAN_OPTIONS=print_stacktrace=1
export UBSAN_OPTIONS

# Exit 3 is incomplete: a lab's log may be, and a half of one surely is.
run() { # COMMAND...
	rc=0
	"$@" >out 2>err || rc=$?
	if [ $rc -ne 0 ] && [ $rc -ne 3 ] || grep -q 'runtime error\|ERROR: ' err; then
		echo "$*: exit $rc"
		cat err
		exit 1
	fi
}
n=0
for dir in "$root"/tests/lab/*/*/; do
	set --
	for f in "$dir"*log*; do
		set -- "$@" "$f"
	done
	run "$heloflow" parse --year 2026 --host lab "$@"
	run "$heloflow" --db store.db import mail --year 2026 --host lab \
	    --batch 40 "$1"
	run "$heloflow" --db store.db import mail --year 2026 --host lab \
	    --batch 500 "$@"
	n=$((n + 1))
done
[ $n -ge 10 ] || { echo "only $n labs"; exit 1; }
cp -R "$root/samples/." .
run "$heloflow" daily
for verb in findings compare suspects cases actions senders coverage flow-stats \
    'flow-as' 'chart customers'; do
	# shellcheck disable=SC2086
	run "$heloflow" $verb
	# shellcheck disable=SC2086
	run "$heloflow" $verb -o json
done
echo "$n labs"
