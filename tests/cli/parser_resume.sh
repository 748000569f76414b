#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Parsers in YAML across runs: a log that is imported while it grows gives the
# same records as one that is imported at once, wherever it was cut: the
# columns that a CSV log's header named, and the clients of sessions that were
# open, are kept between runs, also if another run has other parsers.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
PATH=$root/build/${VARIANT:-release}:$PATH
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
fail() {
	echo "parser_resume: $*" >&2
	exit 1
}
dump() { # DB
	sqlite3 "$1" "SELECT message_key, received, time, mta, queue_id, final_queue_id,
	    hex(client_addr), client_name, auth_user, tls, sender, recipient,
	    disposition, reply, dsn, stage, reason FROM delivery ORDER BY 1, 12, 13"
}
import() { # DB
	# shellcheck disable=SC2086
	heloflow --db "$1" import mail $flags "$t/log" 2>"$t/err" ||
	    fail "import: $(cat "$t/err")"
}
try() { # LOG FLAGS
	log=$root/tests/golden/$1
	flags=$2
	cp "$log" "$t/log"
	rm -f "$t"/one* "$t"/two*
	import "$t/one"
	dump "$t/one" >"$t/want"
	[ -s "$t/want" ] || fail "$1: no records"
	n=$(wc -l <"$log")
	cut=1
	while [ "$cut" -lt "$n" ]; do
		rm -f "$t"/two*
		head -n "$cut" "$log" >"$t/log"
		import "$t/two"
		cp "$log" "$t/log"
		HELOFLOW_DATADIR=$other import "$t/two"
		dump "$t/two" >"$t/got"
		cmp -s "$t/want" "$t/got" || {
			diff "$t/want" "$t/got" || true
			fail "$1: cut after line $cut"
		}
		cut=$((cut + 2))
	done
	echo "$1: the same, cut after every other of $n lines"
}

# The second run has one parser more, which comes first.
other=$t/other
mkdir -p "$other/parsers/local"
ln -s "$root/schema" "$root/rules" "$other/"
ln -s "$root"/parsers/*.yaml "$other/parsers/"
sed -e 's/^name: exchange/name: another/' parsers/exchange.yaml >"$other/parsers/local/a.yaml"

try opensmtpd/mail.log '--year 2026'
try exchange/MSGTRK.LOG '--mta exchange --host ex1'

# A run without the parser keeps its block: the columns are known afterwards.
log=$root/tests/golden/exchange/MSGTRK.LOG
flags='--mta exchange --host ex1'
without=$t/without
mkdir -p "$without/parsers"
ln -s "$root/schema" "$root/rules" "$without/"
ln -s "$root/parsers/opensmtpd.yaml" "$without/parsers/"
n=$(wc -l <"$log")
{ head -n $((n / 2)) "$log"; echo '#Comment: nothing'; tail -n +$((n / 2 + 1)) "$log"; } >"$t/all"
cp "$t/all" "$t/log"
rm -f "$t"/one* "$t"/two*
import "$t/one"
dump "$t/one" >"$t/want"
head -n $((n / 2)) "$t/all" >"$t/log"
import "$t/two"
head -n $((n / 2 + 1)) "$t/all" >"$t/log"
rc=0
HELOFLOW_DATADIR=$without heloflow --db "$t/two" import mail --host ex1 "$t/log" 2>"$t/err" || rc=$?
[ "$rc" = 0 ] || [ "$rc" = 3 ] || fail "without the parser: exit $rc: $(cat "$t/err")"
grep -q ' 1 new lines' "$t/err" || fail "without the parser: $(cat "$t/err")"
cp "$t/all" "$t/log"
import "$t/two"
dump "$t/two" >"$t/got"
[ "$(wc -l <"$t/got")" -gt 5 ] || fail "no records"
diff "$t/want" "$t/got" || fail "exchange: a run without the parser lost its block"
echo "exchange: the same, with a run between that has no such parser"
