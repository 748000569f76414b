#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: cut_hosts.sh [SEED [LOGS]]
# A log of several hosts, whose clocks differ, that is imported while it grows: the
# store is that of a single import of it, wherever it was cut, whoever was killed.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
seed=${1:-${SEED:-1}}
logs=${2:-6}
dir=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) # no waiting for a disk
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo "cut_hosts: seed $seed"
fail() { echo "cut_hosts: $* (seed $seed)"; exit 1; }
cat >heloflow.yaml <<-END
	own_hosts: [10.0.0.0/24]
	prefixes: [192.0.2.0/24]
END

at() { # HH:MM:SS HOST PROGRAM TEXT
	echo "2026-11-23T$1+00:00 $2 $3: $4"
}
begins() { # HH:MM:SS HOST QUEUE-ID CLIENT MESSAGE-ID
	at "$1" "$2" postfix/smtpd[7] "$3: client=unknown[$4]"
	at "$1" "$2" postfix/cleanup[8] "$3: message-id=<$5@example.com>"
	at "$1" "$2" postfix/qmgr[9] "$3: from=<x@example.com>, size=900, nrcpt=1 (queue active)"
}
ends() { # HH:MM:SS HOST QUEUE-ID
	at "$1" "$2" postfix/smtp[10] "$3: to=<a@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"
	at "$1" "$2" postfix/qmgr[9] "$3: removed"
}
mail() { # HH:MM:SS HOST QUEUE-ID CLIENT MESSAGE-ID
	begins "$@"
	ends "$1" "$2" "$3"
}
spam() { # HH:MM:SS HOST MESSAGE-ID
	at "$1" "$2" spamd[11] "spamd: result: Y  9 - LAB_MID scantime=0.6,size=950,user=nobody,uid=102,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=47610,mid=<$3@example.com>,autolearn=disabled"
}
spam_of() { # HH:MM:SS HOST QUEUE-ID
	at "$1" "$2" rspamd[31] "<a1b2c3>; task; rspamd_task_write_log: id: <undef>, qid: <$3>, ip: 127.0.0.1, from: <x@example.com>, (default: T (add header): [9.00/15.00] [X(9.00){}]), len: 900, time: 12.0ms, dns req: 0, digest: <d>, rcpts: <a@example.net>, mime_rcpts: <a@example.net>"
}
exim() { # HH:MM:SS HOST TEXT
	at "$1" "$2" exim[12] "2026-11-23 $1 1xVS5I-00003z-2X $3"
}
tick() { # HH:MM:SS HOST...
	t=$1
	shift
	for h; do
		at "$t" "$h" postfix/anvil[1] "statistics: max cache size 1 at Feb  1 00:00:00"
	done
}
tick 23:00:00 mx mx2 mx3 mx >later.log

import() { # STORE FILE [FLAG...]
	store=$1
	shift
	"$heloflow" --db "$store" import mail "$@" 2>said ||
	    grep -q 'not one of its' said || fail "import of $*: $(cat said)"
}
same() { # WHAT ONE STORE
	sh "$root/tests/same_store.sh" "$2" "$3" >diff || {
		cut -c1-250 diff
		fail "$1"
	}
}
# The log, cut at these bytes.
cut_at() { # NAME BYTE...
	name=$1
	shift
	rm -f cut cut.log
	for byte; do
		head -c "$byte" "$name.log" >cut.log
		import cut cut.log
		cp cut before
		import cut cut.log
		same "$name, cut at $byte: nothing new" before cut
	done
	cp "$name.log" cut.log
	import cut cut.log
	same "$name, cut at $*" "$name.one" cut
	import cut later.log
	same "$name, cut at $*: in the end" "$name.end" cut
}
in_one() { # NAME
	rm -f "$1.one" "$1.end"
	import "$1.one" "$1.log"
	cp "$1.one" "$1.end"
	import "$1.end" later.log
}
# What the store has of each message: id|client|disposition|verdict.
must() { # NAME WANTED
	have=$(sqlite3 "$1.end" "SELECT queue_id, client_addr, disposition, coalesce(verdict, '')
	    FROM delivery ORDER BY received" | tr '\n' ' ')
	[ "$have" = "$2 " ] || fail "$1: $have"
}
behind_each_line() { # NAME
	in_one "$1"
	bytes=0
	while read -r line; do
		bytes=$((bytes + ${#line} + 1))
		cut_at "$1" $bytes
	done <"$1.log"
}

# --- a second message of that id comes from a host that is behind
{
	tick 10:00:00 mx mx2 mx
	mail 10:00:10 mx 4F7A01231 192.0.2.7 twin
	spam 10:00:12 mx twin
	tick 10:01:50 mx2
	mail 10:00:20 mx 4F7A01232 192.0.2.8 twin
	tick 10:02:00 mx
} >twin.log
behind_each_line twin
must twin '4F7A01231|192.0.2.7|delivered| 4F7A01232|192.0.2.8|delivered|'

# --- the host that is ahead uses an id again, and the verdict is of the second
{
	tick 10:00:00 mx mx2 mx
	mail 10:00:10 mx2 4F7A01231 192.0.2.7 first
	spam_of 10:01:10 mx2 4F7A01231
	begins 10:01:11 mx2 4F7A01231 192.0.2.8 second
	ends 10:01:12 mx2 4F7A01231
	tick 10:00:20 mx
	tick 10:01:30 mx mx2
} >again.log
behind_each_line again
must again '4F7A01231|192.0.2.7|delivered| 4F7A01231|192.0.2.8|delivered|spam'

# --- so does the one that is behind
{
	tick 10:00:00 mx mx2 mx
	mail 10:00:10 mx 4F7A01231 192.0.2.7 first
	tick 10:01:40 mx2
	spam_of 10:00:50 mx 4F7A01231
	mail 10:00:51 mx 4F7A01231 192.0.2.8 second
	tick 10:01:50 mx mx2
} >behind.log
behind_each_line behind
must behind '4F7A01231|192.0.2.7|delivered| 4F7A01231|192.0.2.8|delivered|spam'

# --- a frozen bounce that is tried again when it would have left
{
	tick 10:00:00 mx mx2 mx
	exim 10:00:10 mx2 "<= <> R=1xVS5H-00003V-2N U=Debian-exim P=local S=900"
	exim 10:00:11 mx2 "** a@example.net F=<>: Unknown user"
	exim 10:00:11 mx2 "Frozen (delivery error message)"
	exim 10:01:00 mx2 "Unfrozen by errmsg timer"
	exim 10:01:01 mx2 "** a@example.net F=<>: Unknown user"
	exim 10:01:01 mx2 "a@example.net: error ignored"
	exim 10:01:02 mx2 "Completed"
	tick 10:00:20 mx
	tick 10:01:30 mx mx2
} >frozen.log
behind_each_line frozen

# --- what turns out to be the server's own has no direction
{
	tick 10:00:00 mx mx
	begins 10:00:10 mx 4F7A01232 192.0.2.7 own
	at 10:00:11 mx postfix/bounce[12] "4F7A01230: sender non-delivery notification: 4F7A01232"
	ends 10:00:12 mx 4F7A01232
	tick 10:01:30 mx
} >own.log
behind_each_line own
[ -z "$(sqlite3 own.end "SELECT direction FROM delivery WHERE direction <> ''")" ] ||
    fail "a notification has a direction"

# --- a host that never comes back
{
	tick 10:00:00 mx mx2 mx
	mail 10:00:10 mx 4F7A01231 192.0.2.7 twin
	spam 10:00:12 mx twin
	mail 10:01:00 mx2 4F7A01233 192.0.2.9 other
	tick 10:01:50 mx2
	mail 10:02:00 mx2 4F7A01234 192.0.2.9 third
	tick 10:05:00 mx2
} >gone.log
behind_each_line gone
must gone '4F7A01231|192.0.2.7|delivered|spam 4F7A01233|192.0.2.9|delivered| 4F7A01234|192.0.2.9|delivered|'

# --- made-up logs, cut anywhere
random() { # N FROM: a number below N
	echo $((0x$(echo "$seed $2" | md5sum | cut -c1-7) % $1))
}
for n in $(seq "$logs"); do
	python3 "$root/tests/cli/cut_hosts.py" $((seed + n)) >made.log
	size=$(wc -c <made.log)
	in_one made
	a=$(random $((size - 1)) "a$n")
	b=$((a + 1 + $(random $((size - a)) "b$n")))
	cut_at made $((a + 1))
	cut_at made $((a + 1)) "$b"
	rm -f cut
	# ... and killed, every now and then
	for ms in 3 6 9 12 15 18; do
		timeout -s KILL "0.0$(printf %02d "$ms")" "$heloflow" --db cut \
		    import mail --batch $((ms * 3)) made.log 2>said || :
	done
	import cut made.log --batch 7
	same "made, killed" made.one cut
	import cut later.log
	same "made, killed: in the end" made.end cut
done

# --- logs of the lab, of several hosts
lab() { # FILE...
	python3 "$root/tests/cli/cut_hosts.py" "$@" >lab.log
	size=$(wc -l <lab.log)
	[ "$size" -gt 2000 ] || fail "no log of $*"
	size=$(wc -c <lab.log)
	in_one lab
	for n in 1 2 3; do
		cut_at lab $((size / 10 + $(random $((size / 2)) "$1$n")))
	done
}
unpack() { # VARIANT: its mail.log
	f=$(echo "$root/tests/lab/$1"/mail.log.*)
	case $f in
	*.xz) xz -dc "$f" ;; *.zst) zstd -qdc "$f" ;;
	*.bz2) bzip2 -dc "$f" ;; *) gzip -dc "$f" ;;
	esac
}
unpack exim/syslog >exim
unpack postfix/amavis >amavis
unpack postfix/milter >milter
lab exim exim
lab amavis milter

# --- followed, killed, and followed again
in_one made
size=$(wc -c <made.log)
rm -f cut
: >grows.log
for n in 1 2 3 4; do
	head -c $((size * n / 4)) made.log | tail -c +$((size * (n - 1) / 4 + 1)) >>grows.log
	"$heloflow" --db cut import mail --follow grows.log 2>said &
	follower=$!
	sleep 1
	if [ "$n" = 4 ]; then kill $follower; else kill -9 $follower; fi
	wait $follower || :
done
same "made, followed" made.one cut
import cut later.log
same "made, followed: in the end" made.end cut
echo ok
