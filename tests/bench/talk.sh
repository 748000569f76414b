#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The table of Clayton's talk from samples in the same proportions, and how
# long it takes: sh tests/bench/talk.sh [DIVISOR].  Without a DIVISOR it is all
# 9,672,926 packets (1.3 GB in a temporary folder) and the times are worth
# something; make check runs a hundredth.
set -eu
cd "$(dirname "$0")/../.."
by=${1:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-talk-XXXXXX")
trap 'rm -rf "$work"' EXIT
make -s all
heloflow=$PWD/build/release/heloflow
${CC:-cc} -std=c11 -O2 -o "$work/talk_gen" tests/tools/talk_gen.c
"$work/talk_gen" "$by" >"$work/talk.pcap"
cd "$work"
cat talk.pcap >/dev/null # into memory

run() { # LABEL COMMAND...: its CPU time and samples a CPU second, on stderr
	label=$1
	shift
	TIMES=$work/times bash -c 'TIMEFORMAT="%U %S %R"
	    { time "$@" 2>&3; } 3>&2 2>"$TIMES"' - "$@"
	awk -v what="$label" -v n=$((9672926 / by)) '{
		cpu = $1 + $2
		printf "%-28s %6.2f s CPU, %6.2f s, %5.2f M samples/CPU s\n",
		    what, cpu, $3, cpu ? n / cpu / 1e6 : 0
	}' times >&2
}

# The figures of the talk, divided; "of" is the share as its slide cut it.
cat >want <<END
all 9672926 100.0
SYN 413902 4.2
SYN/ACK 194649 2.0
RST 72235 0.7
FIN 387433 4.0
clients 378457 61.8
servers 170648 27.9
both 62458 10.2
END
run "flow-stats" "$heloflow" flow-stats --slide talk.pcap >table
cat table
awk '
FNR == NR { want[$1] = int($2 / by); share[$1] = $3; next }
/without ACK/ { check("SYN", $4, $5) }
/^  SYN\/ACK/ { check("SYN/ACK", $2, $3) }
/^  RST/ { check("RST", $2, $3) }
/^  FIN/ { check("FIN", $2, $3) }
/^  all/ && !all++ { check("all", $2, $3) }
/^  clients only/ { check("clients", $3, $4) }
/^  servers only/ { check("servers", $3, $4) }
/^  both/ { check("both", $2, $3) }
function check(name, n, of) {
	checked++
	if (n != want[name] || of != share[name]) {
		printf "%s: %s %s %%, should be %s %s %%\n", name, n, of,
		    want[name], share[name]
		bad = 1
	}
}
END { exit bad || checked != 8 }' by="$by" want table

# AS and country of every address: a table of 200,000 prefixes, and the same
# as a MaxMind DB where there is a writer for it.
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
# Clients, servers and both of all ASes together are those of flow-stats.
sums() {
	awk -F, 'NR > 1 { c += $(NF - 3); s += $(NF - 2); b += $(NF - 1) }
	    END { print c, s, b }' "$1"
}
want=$(awk -v by="$by" '/clients|servers|both/ { printf "%s%d", n++ ? " " : "", $2 / by }' want)
as="flow-as -o csv --top 1000000"
run "flow-as, table of prefixes" "$heloflow" $as --prefixes networks.csv talk.pcap >csv
[ "$(sums csv)" = "$want" ]
if perl -MMaxMind::DB::Writer::Tree -e 1 2>/dev/null; then
	perl "$OLDPWD/samples/make_mmdb.pl" networks.csv networks.mmdb
	run "flow-as, mmdb" "$heloflow" $as --mmdb networks.mmdb talk.pcap >mmdb
	[ "$(sums mmdb)" = "$want" ]
else
	echo "skipped: the mmdb (no libmaxmind-db-writer-perl here)"
fi
