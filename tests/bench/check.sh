#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make bench-check: instructions that small fixed inputs take, counted by
# callgrind and held against tests/bench/baseline.tsv: a slowdown shows without
# a stopwatch, on a machine however busy.  What is not work on the input (start,
# rules, an empty store) is taken off.  The counts depend on compiler and C
# library; more than 5 % worse than the baseline fails.
#
#   sh tests/bench/check.sh [--update]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
baseline=$top/tests/bench/baseline.tsv
heloflow=$top/build/release/heloflow
if ! command -v valgrind >/dev/null; then
	echo "bench-check: valgrind is not there (Debian package valgrind)" >&2
	exit 2
fi
make -s -C "$top" all
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-check-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
${CC:-cc} -O2 -D_GNU_SOURCE -o mail_gen "$top/tests/bench/mail_gen.c"
${CC:-cc} -std=c11 -O2 -o talk_gen "$top/tests/tools/talk_gen.c"
for mta in postfix exim sendmail; do
	./mail_gen 2 1 $mta >$mta.log
	: >$mta.empty
done
./talk_gen 400 >flow.pcap
./talk_gen 40000 >flow.empty
echo "store: store.db" >heloflow.yaml

instructions() { # COMMAND...
	rm -f store.db*
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>said >/dev/null ||
	    { cat said >&2; exit 2; }
	sed -n 's/.*Collected : \([0-9]*\).*/\1/p' said
}
# NAME UNITS COMMAND... with INPUT as the last word but for its suffix
count() {
	name=$1
	units=$2
	input=$3
	shift 3
	full=$(instructions "$@" "$input")
	none=$(instructions "$@" "${input%.*}.empty")
	printf '%s\t%d\n' "$name" $(((full - none) / units)) | tee -a new.tsv
}
lines() { wc -l <"$1"; }

for mta in postfix exim sendmail; do
	count "parse $mta, a line" "$(lines $mta.log)" $mta.log \
	    "$heloflow" -c heloflow.yaml parse --year 2026
done
for mta in postfix exim sendmail; do
	count "import mail $mta, a line" "$(lines $mta.log)" $mta.log \
	    "$heloflow" -c heloflow.yaml import mail --year 2026
done
samples=$("$heloflow" -c heloflow.yaml flow-stats -o json flow.pcap |
    jq '.samples // .[0].samples')
count "flow-stats, a sample" "$samples" flow.pcap \
    "$heloflow" -c heloflow.yaml flow-stats
count "import flow, a sample" "$samples" flow.pcap \
    "$heloflow" -c heloflow.yaml import flow

if [ "${1:-}" = --update ]; then
	cp new.tsv "$baseline"
	exit
fi
awk -F'\t' '
	NR == FNR { was[$1] = $2; next }
	!($1 in was) { printf "%s: no baseline\n", $1; bad = 1; next }
	$2 > 1.05 * was[$1] { printf "%s: %d, was %d: slower\n", $1, $2, was[$1]; bad = 1 }
	$2 < 0.95 * was[$1] { printf "%s: %d, was %d: faster; --update\n", $1, $2, was[$1] }
	END { exit bad }' "$baseline" new.tsv
