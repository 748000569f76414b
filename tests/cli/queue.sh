#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A mail queue that takes more than AWAKE_BYTES (src/ingest/sleepers.h): what became
# of messages that slept is the same in one run, in several, after kill -9, and
# if they are tried one by one or all at the end.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "queue: $*"; exit 1; }
n=30000
awk -v n=$n '
function at(t) { return sprintf("2026-11-20T%02d:%02d:%02d+00:00 mx1 postfix/", t / 3600, t / 60 % 60, t % 60) }
function id(i) { return sprintf("4F%08X", i) }
function to(i, what) {
	return "smtp[4]: " id(i) ": to=<r" i "@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4." what
}
BEGIN {
	for (i = 0; i < n; i++) {
		t = int(i / 2)
		print at(t) "smtpd[1]: " id(i) ": client=a.example[192.0.2." i % 250 "]"
		print at(t) "cleanup[2]: " id(i) ": message-id=<" i "@a.example>"
		print at(t) "qmgr[3]: " id(i) ": from=<s" i % 90 "@a.example>, size=900, nrcpt=1 (queue active)"
		print at(t) to(i, "1, status=deferred (connect to mx.b.example[198.51.100.1]:25: Connection timed out)")
		if (i % 7 == 0 && i > 3000)
			print at(t) to(i - 3000, "2, status=deferred (lost connection)")
	}
	for (i = 0; i < n; i += 3) {
		t = 20000 + i
		print at(t) to(i, "0, status=sent (250 ok)")
		print at(t) "qmgr[3]: " id(i) ": removed"
	}
}' >"$work/log"
import() { # STORE FILE
	"$heloflow" --db "$work/$1" import mail "$work/$2" 2>"$work/err" ||
	    fail "$(cat "$work/err")"
}
import whole log
grep -q ' 20000 open' "$work/err" || fail "$(cat "$work/err")"
[ "$(sqlite3 -readonly "$work/whole" "SELECT disposition, count(*) FROM delivery
    GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" = "deferred|20000 delivered|10000 " ] ||
    fail "deferred and delivered"
lines=$(wc -l <"$work/log")
for part in 9 6 2 1; do
	head -n $((lines / part)) "$work/log" >"$work/part"
	import parts part
	"$heloflow" --db "$work/killed" import mail "$work/part" 2>/dev/null &
	pid=$!
	sleep 0.0$part
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
done
import parts log
import killed log
sh "$root/tests/same_store.sh" "$work/whole" "$work/parts" || fail "in parts"
sh "$root/tests/same_store.sh" "$work/whole" "$work/killed" || fail "killed"
echo "queue: $n messages in one run, in four, and with four that were killed"
