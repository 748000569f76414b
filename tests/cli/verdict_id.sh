#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A verdict that names its message by Message-ID alone: what it is put on, what
# it is not, the same in one call and in several, and how long it waits.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "verdict_id: $*"; exit 1; }

mail() { # MM:SS QUEUE-ID MESSAGE-ID [END-MM:SS]
	at="2026-11-23T10:$1+00:00 mx postfix"
	end="2026-11-23T10:${4:-$1}+00:00 mx postfix"
	cat <<-END
	$at/smtpd[7]: $2: client=unknown[192.0.2.7]
	$at/cleanup[8]: $2: message-id=<$3@example.com>
	$at/qmgr[9]: $2: from=<x@example.com>, size=900, nrcpt=1 (queue active)
	$end/virtual[10]: $2: to=<a@example.net>, relay=virtual, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)
	$end/qmgr[9]: $2: removed
	END
}
spamd() { # MM:SS MESSAGE-ID
	echo "2026-11-23T10:$1+00:00 mx spamd[11]: spamd: result: Y  9 - LAB_MID scantime=0.6,size=950,user=nobody,uid=102,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=47610,mid=<$2@example.com>,autolearn=disabled"
}
import() { "$heloflow" --db "$1" import mail "$2" 2>>log || fail "import $2"; }
have() { # STORE: id|verdict of each
	sqlite3 "$1" "SELECT queue_id, coalesce(verdict, '') FROM delivery
	    ORDER BY queue_id" | tr '\n' ' '
}

{
	# read before it was delivered
	mail 00:00 4F7A01230 plain 00:04
	spamd 00:02 plain
	# A copy of the id, sent by one who had got the mail: too late.
	mail 01:00 4F7A01231 copied 01:04
	spamd 01:40 copied
	# a verdict from before the mail came
	spamd 02:00 before
	mail 03:00 4F7A01232 before 03:04
	# a mail that waits for its recipient is not read an hour later
	mail 04:00 4F7A01233 late 24:00
	spamd 23:00 late
	# gone before 30 s have passed; who uses the id after them is no matter
	mail 05:00 4F7A01240 gone
	spamd 05:04 gone
	mail 05:32 4F7A01241 goes
	mail 25:00 4F7A01242 gone
	# two of one id on the host: neither
	mail 30:00 4F7A01234 twice
	mail 45:00 4F7A01235 twice 45:04
	spamd 45:02 twice
	# two verdicts of one id: one is of a mail that is in no log
	mail 50:00 4F7A01236 pair 56:00
	spamd 50:01 pair
	spamd 55:00 pair
	mail 59:00 4F7A01237 last
} | sort -s -k1,1 >all.log
want='4F7A01230|spam 4F7A01231| 4F7A01232| 4F7A01233| 4F7A01234| 4F7A01235| 4F7A01236|spam 4F7A01237| 4F7A01240|spam 4F7A01241| 4F7A01242| '
import one.db all.log
[ "$(have one.db)" = "$want" ] || fail "one call: $(have one.db)"

lines=$(wc -l <all.log)
n=1
while [ $n -lt "$lines" ]; do
	head -n $n all.log >part.log
	import cut.db part.log
	cat all.log >part.log
	import cut.db part.log
	[ "$(have cut.db)" = "$want" ] ||
	    fail "cut after line $n: $(have cut.db)"
	rm -f cut.db*
	n=$((n + 3))
done

# Only what changed is written, and nothing waits for ever.
waiting() { sqlite3 one.db 'SELECT group_concat(id) FROM pending_verdict'; }
before=$(waiting)
[ -n "$before" ] || fail "nothing waits"
mail 59:30 4F7A01238 more >more.log
import one.db more.log
[ "$(waiting)" = "$before" ] || fail "rows were written again: $(waiting)"
mail 00:00 4F7A01239 other | sed s/2026-11-23/2026-12-05/ >week.log
import one.db week.log
[ -z "$(waiting)" ] || fail "still waiting: $(waiting)"
grep -q "verdicts waited for 7 days in vain" log || fail "not said: $(cat log)"
echo ok
