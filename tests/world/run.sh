#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a world for each seed, reads it with heloflow, and holds what it finds
# against the truth: sh tests/world/run.sh [--keep DIR] CUSTOMERS DAYS SEED...
# A world of 20,000 customers and 30 days takes 5 GB under TMPDIR.  With --keep
# it stays, with its store, in DIR/SEED; what is there already is not made and
# imported again, but correlated and judged.
set -eu
cd "$(dirname "$0")/../.."
keep=
if [ "$1" = --keep ]; then
	keep=$2
	shift 2
fi
customers=$1
days=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-world-XXXXXX")
trap 'rm -rf "$work"' EXIT
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wno-format-truncation \
    -o "$work/world_gen" tests/world/*.c -lm
bad=0
for seed; do
	echo "== seed $seed: $customers customers, $days days"
	world=${keep:-$work}/$seed
	if [ ! -e "$world/heloflow.yaml" ]; then # written last
		mkdir -p "${keep:-$work}"
		"$work/world_gen" --seed "$seed" --days "$days" \
		    --customers "$customers" --out "$world"
	fi
	python3 tests/world/judge.py build/release/heloflow "$world" --again || bad=1
	[ -n "$keep" ] || rm -rf "$world"
done
exit $bad
