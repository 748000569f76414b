#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compare: random findings against an independent count; and what it says
# where there is nothing to compare.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$heloflow" init . >/dev/null 2>&1

rc=0
"$heloflow" --db heloflow.db compare 2>err || rc=$?
[ $rc -eq 1 ] && grep -q 'no day was correlated' err ||
    { echo "empty store: exit $rc, $(cat err)"; exit 1; }
rc=0
"$heloflow" --db heloflow.db compare --since 2026-01-02 --until 2026-01-02 2>err || rc=$?
[ $rc -eq 2 ] || { echo "empty period: exit $rc"; exit 1; }

python3 -B "$root/tests/cli/compare.py" "$heloflow" "$work/heloflow.db"

# What a day has that no log covers is unknown, never a zero, in every output.
"$heloflow" --db heloflow.db compare --day 2024-10-20 >out
grep -q 'no logs on 2024-10-20' out || { echo "lost day: $(cat out)"; exit 1; }
for set in logs complaints logs_same_days flows logs_and_flows logs_only; do
	grep -q "^$set *0\( *-\)\{7\}  " out || { echo "$set: $(cat out)"; exit 1; }
done
"$heloflow" --db heloflow.db compare --day 2024-10-20 -o csv | grep -q '^logs,,,,,,,,.*,0,1' ||
    { echo "lost day, csv"; exit 1; }
