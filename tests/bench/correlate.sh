#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: correlate.sh [DELIVERIES...]     (default 1000000 3000000 10000000)
# What the correlation of one day takes: made-up days (correlate_gen.c) with a
# fifth as many sender slots and a tenth as many leases as deliveries.  "sums" is
# the run that makes the sums of all hours first, which an import does as a
# rule: the difference to the other is what they cost.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/release/heloflow
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-correlate-XXXXXX")
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- 1000000 3000000 10000000
${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/gen" "$root/tests/bench/correlate_gen.c" -lsqlite3 -lm
cat >"$work/heloflow.yaml" <<'YAML'
prefixes: [10.0.0.0/8, 100.64.0.0/10]
flow_sources:
  - paths: [none]
    agents:
      - {address: 192.0.2.250, name: core, vantage: internal}
YAML
printf 'prefix,customer\n192.0.2.0/32,nobody\n' >"$work/lease.csv"
run() { # WHAT DELIVERIES
	/usr/bin/time -f '%e %U %S %M' -o "$work/time" "$heloflow" -c "$work/heloflow.yaml" \
	    --db "$work/db" correlate --day 2026-10-10 >"$work/out"
	tail -n 1 "$work/time" | awk -v what="$1" -v n="$2" '{
	    printf "%-9s %9d deliveries  %6.1f s  %6.1f s CPU (%.1f of it system)  %4.0f MB RSS\n",
	        what, n, $1, $2 + $3, $3, $4 / 1024 }'
}
uptime
for n; do
	"$heloflow" --db "$work/db" import lease --format csv "$work/lease.csv" 2>/dev/null
	"$work/gen" "$work/db" "$n"
	run sums "$n"
	run correlate "$n"
	tail -n 1 "$work/out"
	rm -f "$work"/db*
done
