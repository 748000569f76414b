#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Samples per CPU second (user and system) of flow-stats, flow-as with AS and
# country of every address, and import flow: sh tests/bench/flow.sh [SAMPLES
# [RUNS]].  The samples are those of talk_gen: all of them SMTP packets, and
# one in twenty.  The best of RUNS counts, for other work on the machine only
# ever takes.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
samples=${1:-3000000}
runs=${2:-3}
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-flow-XXXXXX")
trap 'rm -rf "$work"' EXIT
make -s -C "$top" all
heloflow=$top/build/release/heloflow
cd "$work"
${CC:-cc} -std=c11 -O2 -o talk_gen "$top/tests/tools/talk_gen.c"
divisor() { echo $((9672926 / ($1 > 0 ? $1 : 1))); }
./talk_gen "$(divisor "$samples")" >smtp.pcap
./talk_gen "$(divisor $((samples / 20)))" 19 >mixed.pcap
./talk_gen "$(divisor $((samples / 10)))" >tenth.pcap

# 200,000 prefixes for every address to be looked up in.
awk 'BEGIN {
	srand(7)
	print "prefix,asn,as_name,country"
	for (i = 1; i < 224; i++)
		for (k = 0; k < 900; k++) {
			as = 64512 + int(1000 * rand() ^ 3)
			printf "%d.%d.%d.0/%d,%d,Example %d,%c%c\n", i,
			    256 * rand(), 256 * rand(), 16 + int(9 * rand()),
			    as, as, 65 + as % 26, 65 + as % 23
		}
}' >networks.csv
origins='--prefixes networks.csv'
if perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null; then
	perl "$top/samples/make_mmdb.pl" networks.csv networks.mmdb
	origins='--mmdb networks.mmdb'
fi

run() { # LABEL FILE COMMAND...
	label=$1 file=$2
	shift 2
	n=$("$heloflow" flow-stats -j "$file" | tr , '\n' |
	    sed -n 's/.*"samples": *\([0-9]*\).*/\1/p')
	i=0
	: >took
	while [ $i -lt "$runs" ]; do
		rm -f store.db*
		cat "$file" >/dev/null # into memory
		TIMES=$work/time bash -c 'TIMEFORMAT="%U %S"
		    { time "$@" >/dev/null 2>&1; } 2>"$TIMES"' - "$@" "$file"
		cat time >>took
		i=$((i + 1))
	done
	awk -v what="$label" -v n="$n" '
	NR == 1 || $1 + $2 < cpu { cpu = $1 + $2 }
	END { printf "%-36s %8d samples %6.2f s CPU %8.0f k samples/CPU s\n",
	    what, n, cpu, cpu ? n / cpu / 1000 : 0 }' took
}
uptime
# shellcheck disable=SC2086
for kind in mixed smtp; do
	run "flow-stats, $kind" $kind.pcap "$heloflow" flow-stats
	run "flow-as $origins, $kind" $kind.pcap "$heloflow" flow-as $origins
done
run 'import flow, mixed' mixed.pcap "$heloflow" --db store.db import flow
run 'import flow, smtp' tenth.pcap "$heloflow" --db store.db import flow
