#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A verdict that names its message by Message-ID alone, in the last 30 s of a log:
# it is shown at the message, and the next import takes that back, for the id may be
# used again.  So what is in the store does not depend on where the log was cut.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "verdict_shown: $*"; exit 1; }

arrives() { # TIME QUEUE-ID MESSAGE-ID [HOST CLIENT]
	at="2026-11-23T$1+00:00 ${4:-mx} postfix"
	cat <<-END
	$at/smtpd[7]: $2: client=unknown[${5:-192.0.2.7}]
	$at/cleanup[8]: $2: message-id=<$3@example.com>
	$at/qmgr[9]: $2: from=<x@example.com>, size=900, nrcpt=1 (queue active)
	END
}
leaves() { # TIME QUEUE-ID [HOST RELAY ANSWER]
	at="2026-11-23T$1+00:00 ${3:-mx} postfix"
	cat <<-END
	$at/smtp[10]: $2: to=<a@example.net>, relay=${4:-mx.example.net[198.51.100.1]:25}, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (${5:-250 ok})
	$at/qmgr[9]: $2: removed
	END
}
mail() { # TIME QUEUE-ID MESSAGE-ID
	arrives "$@"
	leaves "$1" "$2"
}
spamd() { # TIME MESSAGE-ID [HOST]
	echo "2026-11-23T$1+00:00 ${3:-mx} spamd[11]: spamd: result: Y  9 - LAB_MID scantime=0.6,size=950,user=nobody,uid=102,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=47610,mid=<$2@example.com>,autolearn=disabled"
}
import() { # STORE FILE...
	store=$1
	shift
	"$heloflow" --db "$store" import mail "$@" 2>said || fail "import of $*: $(cat said)"
}
have() { # STORE: id|verdict of each, and how many wait
	sqlite3 "$1" "SELECT queue_id, coalesce(verdict, '') FROM delivery ORDER BY queue_id;
	    SELECT count(*) FROM pending_verdict" | tr '\n' ' '
}
must() { # STORE WANTED WHEN
	[ "$(have "$1")" = "$2" ] || fail "$3: $(have "$1")"
}
# The store of NAME, and that of a single import of these files.
same() { # NAME FILE...
	name=$1
	shift
	rm -f "$name.one"
	import "$name.one" "$@"
	sh "$root/tests/same_store.sh" "$name.one" "$name" || fail "$name: not as in a single import"
}

# --- two of one id, on both sides of the cut
{ mail 10:00:00 4F7A01231 twin; spamd 10:00:02 twin; } >first.log
mail 10:00:10 4F7A01232 twin >twin.log
mail 10:05:00 4F7A01233 other >other.log
import two first.log
must two '4F7A01231|spam 1 ' "after the first"
grep -q wait said && fail "what is shown is said to wait: $(cat said)"
same two first.log
import two first.log
same two first.log
import two twin.log
must two '4F7A01231| 4F7A01232| 1 ' "after its twin"
grep -q '; 1 verdicts wait for their message' said || fail "not said to wait: $(cat said)"
same two first.log twin.log
import two other.log
must two '4F7A01231| 4F7A01232| 4F7A01233| 0 ' "30 s after"
grep -q '; 1 verdicts fit several messages' said || fail "not said: $(cat said)"
same two first.log twin.log other.log

# --- and without a second message
import alone first.log
import alone other.log
must alone '4F7A01231|spam 4F7A01233| 0 ' "30 s after, alone"
same alone first.log other.log

# --- a message that goes on behind the cut
{ arrives 10:00:00 4F7A01231 twin; spamd 10:00:02 twin; } >first.log
mail 11:00:00 4F7A01234 last >last.log
for with in twin other; do
	{ cat $with.log; leaves 10:00:20 4F7A01231; } | sort -s -k1,1 >rest.log
	import "open.$with" first.log
	must "open.$with" '4F7A01231|spam 1 ' "of an open message"
	import "open.$with" rest.log
	same "open.$with" first.log rest.log
	import "open.$with" last.log
	same "open.$with" first.log rest.log last.log
done
must open.twin '4F7A01231| 4F7A01232| 4F7A01234| 0 ' "of an open message, with its twin"
must open.other '4F7A01231|spam 4F7A01233| 4F7A01234| 0 ' "of an open message, alone"

# --- two verdicts of one filter: one is of a mail that is in no log
{ mail 10:00:00 4F7A01231 pair; spamd 10:00:02 pair; spamd 10:00:04 pair; } >first.log
import pair first.log
must pair '4F7A01231| 2 ' "two verdicts"
import pair other.log
same pair first.log other.log

# --- another filter's verdict is the worst again when this one is taken back
{
	mail 10:00:00 4F7A01231 twin
	spamd 10:00:02 twin
	echo "2026-11-23T10:00:02+00:00 mx amavis[12]: (00012-01) Passed SPAMMY {RelayedTaggedInbound}, [192.0.2.7]:5000 [192.0.2.7] <x@example.com> -> <a@example.net>, Queue-ID: 4F7A01231, Message-ID: <twin@example.com>, mail_id: abcdefghijkl, Hits: 6.1, size: 950, 100 ms"
} >first.log
import worst first.log
verdicts() { sqlite3 "$1" "SELECT filter, score FROM delivery WHERE queue_id = '4F7A01231'"; }
[ "$(sqlite3 worst 'SELECT count(*) FROM verdict')" = 2 ] || fail "two filters: $(have worst)"
import worst twin.log
case $(verdicts worst) in "amavis|6.1") ;; *) fail "the worst verdict is $(verdicts worst)" ;; esac
same worst first.log twin.log

# --- a last line without its end, and --follow
{ mail 10:00:00 4F7A01231 twin; spamd 10:00:02 twin; } >first.log
{ cat first.log; arrives 10:00:10 4F7A01232 twin; } | head -c -30 >grown.log
import unended grown.log
{ cat first.log twin.log; } >grown.log
import unended grown.log
same unended first.log twin.log

import followed first.log
"$heloflow" --db followed import mail --follow twin.log 2>said &
pid=$!
for _ in $(seq 100); do
	[ "$(sqlite3 -readonly followed 'SELECT count(*) FROM mail_message')" = 2 ] && break
	sleep 0.1
done
must followed '4F7A01231| 4F7A01232| 1 ' "followed"
kill -TERM "$pid"
wait "$pid" || fail "--follow: $(cat said)"
pid=
same followed first.log twin.log

# --- a message that becomes part of another: the log of the server before comes later
echo 'own_hosts: [203.0.113.0/28]' >heloflow.yaml
{ arrives 10:00:01 4F7A02231 hop mx2 203.0.113.1; spamd 10:00:02 hop mx2; leaves 10:00:03 4F7A02231 mx2; } >mx2.log
{ arrives 10:00:00 4F7A01231 hop mx1; leaves 10:00:01 4F7A01231 mx1 'mx2[203.0.113.2]:25' '250 2.0.0 Ok: queued as 4F7A02231'; } >mx1.log
import hop mx2.log
must hop '4F7A02231|spam 1 ' "of the next server"
import hop mx1.log
import hop other.log
must hop '4F7A01231|spam 4F7A01233| 0 ' "of a message that was joined"
same hop mx1.log mx2.log other.log
rm heloflow.yaml

# --- what is found of a day is found anew
cat >heloflow.yaml <<'END'
prefixes: [192.0.2.0/24]
mail_sources: [{paths: nothing, host: mx}]
END
{ mail 23:59:50 4F7A01231 twin; spamd 23:59:52 twin; } >first.log
mail 23:59:59 4F7A01232 twin | sed 's/23T23:59:59/24T00:00:03/' >twin.log
found() { "$heloflow" --db day correlate >/dev/null 2>said || fail "correlate: $(cat said)"
	sqlite3 day 'SELECT spam FROM finding_figure ORDER BY day LIMIT 1'; }
import day first.log
[ "$(found)" = 1 ] || fail "a finding before: $(found)"
import day twin.log
[ "$(found)" = 0 ] || fail "a finding after: $(found)"
echo ok
