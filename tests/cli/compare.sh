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
