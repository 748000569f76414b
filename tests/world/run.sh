#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes a world for each seed, reads it with heloflow, and holds what it finds
# against the truth: sh tests/world/run.sh CUSTOMERS DAYS SEED...
# A world of 20,000 customers and 30 days takes 5 GB under TMPDIR while it is
# judged.
set -eu
cd "$(dirname "$0")/../.."
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
	"$work/world_gen" --seed "$seed" --days "$days" --customers "$customers" --out "$work/w"
	python3 tests/world/judge.py build/release/heloflow "$work/w" || bad=1
	rm -rf "$work/w"
done
exit $bad
