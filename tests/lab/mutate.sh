#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: mutate.sh SERVER/VARIANT [PROFILE ...]
# The lab run under other names, addresses, ids, zones and header forms (see
# tests/tools/mutate_lab.py): the records must be the same but for these, and
# the truth must be met as before.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
lab=$root/tests/lab/$1
host=$(basename "$1")
shift
[ $# -gt 0 ] || set -- names ipv6 quotes
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

(cd "$lab" && "$heloflow" parse --year 2026 --host "$host" -- *.log.*) >"$t/old"
for profile; do
	mkdir "$t/$profile"
	cd "$t/$profile"
	tz=$(python3 "$root/tests/tools/mutate_lab.py" write "$profile" "$lab" .)
	echo "$profile ($tz)"
	"$heloflow" parse --year 2026 --tz "$tz" --host "$host" --stats \
	    --unparsed unparsed -- *.log >records 2>stats
	cat stats
	head -n 20 unparsed
	test ! -s unparsed
	python3 "$root/tests/tools/mutate_lab.py" same "$profile" "$lab" "$t/old" records
	cat -- *.log >"$t/log"
	python3 "$root/tests/lab/compare.py" truth.jsonl records --log "$t/log"
done
