#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Messages across the end of a run: open ones go on in the next, also with
# lines that are late, "removed" before the last delivery, and a queue id that
# is used again; one that never ends is let go after a week of event time.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "open_messages: $*"; exit 1; }
s=" mx1 postfix/"
cat >"$work/log" <<END_OF_LOG
2026-11-01T10:00:00+00:00${s}smtpd[1]: 4F0000000A: client=a.example[192.0.2.1]
2026-11-01T10:00:00+00:00${s}cleanup[2]: 4F0000000A: message-id=<1@a.example>
2026-11-01T10:00:00+00:00${s}qmgr[3]: 4F0000000A: from=<s@a.example>, size=900, nrcpt=2 (queue active)
2026-11-01T10:00:01+00:00${s}smtp[4]: 4F0000000A: to=<r@b.example>, relay=mx.b.example[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-01T10:00:02+00:00${s}qmgr[3]: 4F0000000A: removed
2026-11-01T10:00:01+00:00${s}smtp[5]: 4F0000000A: to=<q@b.example>, relay=mx.b.example[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-01T10:05:00+00:00${s}smtpd[1]: 4F0000000A: client=c.example[192.0.2.3]
2026-11-01T10:05:00+00:00${s}cleanup[2]: 4F0000000A: message-id=<2@c.example>
2026-11-01T10:05:00+00:00${s}qmgr[3]: 4F0000000A: from=<s@c.example>, size=800, nrcpt=1 (queue active)
2026-11-01T10:05:01+00:00${s}smtp[4]: 4F0000000A: to=<r@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx.b.example[198.51.100.1]:25: Connection timed out)
2026-11-01T11:05:01+00:00${s}qmgr[3]: 4F0000000A: from=<s@c.example>, size=800, nrcpt=1 (queue active)
2026-11-01T11:05:02+00:00${s}smtp[4]: 4F0000000A: to=<r@b.example>, relay=mx.b.example[198.51.100.1]:25, delay=3602, delays=3601/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-01T11:05:02+00:00${s}qmgr[3]: 4F0000000A: removed
2026-11-01T12:00:00+00:00${s}smtpd[1]: 4F0000000B: client=d.example[192.0.2.4]
2026-11-01T12:00:00+00:00${s}qmgr[3]: 4F0000000B: from=<s@d.example>, size=700, nrcpt=1 (queue active)
2026-11-01T12:00:01+00:00${s}smtp[4]: 4F0000000B: to=<r@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx.b.example[198.51.100.1]:25: Connection timed out)
2026-11-07T12:00:00+00:00${s}anvil[9]: statistics: max cache size 1 at Nov  7 12:00:00
2026-11-09T12:00:00+00:00${s}anvil[9]: statistics: max cache size 1 at Nov  9 12:00:00
END_OF_LOG
"$heloflow" --db "$work/whole" import mail "$work/log" 2>"$work/err"
grep -q '0 open; 1 messages never ended' "$work/err" || fail "$(cat "$work/err")"
want='192.0.2.1|q@b.example|delivered|1
192.0.2.1|r@b.example|delivered|1
192.0.2.3|r@b.example|delivered|2
192.0.2.4|r@b.example|deferred|1'
records() {
	sqlite3 -readonly "$1" "SELECT client_addr, d.recipient, d.disposition, count(*)
	    FROM delivery d JOIN attempt a USING (message_key)
	    WHERE a.recipient = d.recipient GROUP BY 1, 2 ORDER BY 1, 2"
}
[ "$(records "$work/whole")" = "$want" ] || fail "$(records "$work/whole")"
lines=$(wc -l <"$work/log")
# A run after every line, and runs that end at each line.
n=1
while [ $n -le "$lines" ]; do
	head -n $n "$work/log" >"$work/part"
	"$heloflow" --db "$work/steps" import mail "$work/part" 2>"$work/err"
	rm -f "$work/two"
	"$heloflow" --db "$work/two" import mail "$work/part" 2>/dev/null
	[ $n = 16 ] && { grep -q ' 1 open' "$work/err" || fail "open: $(cat "$work/err")"; }
	"$heloflow" --db "$work/two" import mail "$work/log" 2>/dev/null
	sh "$root/tests/same_store.sh" "$work/whole" "$work/two" ||
	    fail "a run that ended at line $n"
	n=$((n + 1))
done
sh "$root/tests/same_store.sh" "$work/whole" "$work/steps" || fail "line by line"
echo "open_messages: $lines lines, a run's end at each"
