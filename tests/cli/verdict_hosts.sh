#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A verdict that names its message by Message-ID alone, where several hosts log and
# their clocks differ: it is decided when the slowest of them has come 30 s further,
# in this run or a later one.  So what is in the store does not depend on where a log
# was cut.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "verdict_hosts: $*"; exit 1; }

mail() { # TIME QUEUE-ID MESSAGE-ID [HOST]
	at="2026-11-23T$1+00:00 ${4:-mx} postfix"
	cat <<-END
	$at/smtpd[7]: $2: client=unknown[192.0.2.7]
	$at/cleanup[8]: $2: message-id=<$3@example.com>
	$at/qmgr[9]: $2: from=<x@example.com>, size=900, nrcpt=1 (queue active)
	$at/smtp[10]: $2: to=<a@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)
	$at/qmgr[9]: $2: removed
	END
}
spamd() { # TIME MESSAGE-ID [HOST]
	echo "2026-11-23T$1+00:00 ${3:-mx} spamd[11]: spamd: result: Y  9 - LAB_MID scantime=0.6,size=950,user=nobody,uid=102,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=47610,mid=<$2@example.com>,autolearn=disabled"
}
tick() { # TIME HOST
	echo "2026-11-23T$1+00:00 $2 postfix/anvil[1]: statistics: max cache size 1 at Feb  1 00:00:00"
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

# --- the clock of another host is ahead
{ mail 10:00:00 4F7A01231 twin; spamd 10:00:02 twin; tick 10:01:03 ahead; } >first.log
{ mail 10:00:10 4F7A01232 twin; tick 10:01:12 ahead; } >twin.log
{ tick 10:05:00 mx; tick 10:05:00 ahead; } >later.log
import ahead first.log
must ahead '4F7A01231|spam 1 ' "a host ahead"
import ahead first.log
same ahead first.log
import ahead twin.log
must ahead '4F7A01231| 4F7A01232| 1 ' "a host ahead, with its twin"
import ahead later.log
must ahead '4F7A01231| 4F7A01232| 0 ' "a host ahead, later"
cat first.log twin.log later.log >all.log
same ahead first.log twin.log later.log
import whole all.log
must whole '4F7A01231| 4F7A01232| 0 ' "a host ahead, one log"

# --- the same log, cut behind each of its lines, and grown
n=$(wc -l <all.log)
for k in $(seq $((n - 1))); do
	head -n "$k" all.log >cut.log
	import "cut.$k" cut.log
	import "cut.$k" cut.log
	cat all.log >cut.log
	import "cut.$k" cut.log
	sh "$root/tests/same_store.sh" whole "cut.$k" || fail "cut behind line $k"
done

# --- and without a second message
import alone first.log
import alone later.log
must alone '4F7A01231|spam 0 ' "a host ahead, alone"
same alone first.log later.log

# --- a host that is switched off is waited for no longer than two minutes
tick 10:01:50 ahead >soon.log
tick 10:02:30 ahead >off.log
import off first.log
import off soon.log
must off '4F7A01231|spam 1 ' "a host that is silent"
import off off.log
must off '4F7A01231|spam 0 ' "a host that was switched off"
[ "$(sqlite3 off 'SELECT count(*) FROM open_message')" = 0 ] || fail "its message is still open"
same off first.log soon.log off.log

# --- an older log in between changes nothing of that
mail 08:00:00 4F7A01230 older mx3 >older.log
import older first.log
import older older.log
import older twin.log
must older '4F7A01230| 4F7A01231| 4F7A01232| 1 ' "an older log in between"
import older later.log
must older '4F7A01230| 4F7A01231| 4F7A01232| 0 ' "an older log in between, later"

# --- names of hosts that somebody makes up do not fill the store
size() { sqlite3 "$1" 'SELECT length(state) FROM assembler_state'; }
for k in $(seq 3000); do
	tick "10:06:$((k % 50 + 10))" "made-up-$k"
done | sort -s -k1,1 >made_up.log
import ahead made_up.log
[ "$(size ahead)" -lt 1100 ] || fail "$(size ahead) bytes of state"

# --- a store of a program that did not keep how far hosts had come
import before first.log
sqlite3 before "UPDATE assembler_state SET state = substr(state, 1, length(state) - $((21 * 2 + 17)))"
import before twin.log
import before later.log
must before '4F7A01231| 4F7A01232| 0 ' "an older store"
echo ok
