#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The disk fills up during an import: one clear message, exit 1, the store is
# whole and still readable, and the same import goes on once there is room.
# In a mount namespace of its own, so nothing is left mounted.
set -eu
if [ "${1:-}" != inside ]; then
	new='unshare -m'
	[ "$(id -u)" = 0 ] || new='unshare -rm'
	if ! $new mount -t tmpfs -o size=1m tmpfs /mnt 2>/dev/null; then
		echo "skipped: disk full (may not mount a small tmpfs here)"
		exit 0
	fi
	exec $new sh "$0" inside
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'umount "$work/disk" "$work/larger" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/disk"
mount -t tmpfs -o size=8m tmpfs "$work/disk"
db=$work/disk/store
fail() { echo "disk_full: $*"; exit 1; }

log() { # FIRST LAST: five lines a message
	awk -v first="$1" -v last="$2" 'BEGIN {
	for (i = first; i <= last; i++) {
		s = sprintf("2026-11-%02dT%02d:%02d:%02d+00:00 mx1 postfix/",
		    10 + int(i / 36000), int(i / 1500) % 24, int(i / 25) % 60, i % 60)
		q = sprintf("4F%08X", i)
		c = "h" i % 900 ".pool.example[192.0.2." i % 250 "]"
		print s "smtpd[7]: " q ": client=" c
		print s "cleanup[8]: " q ": message-id=<" i "@pool.example>"
		print s "qmgr[9]: " q ": from=<u" i "@pool.example>, size=1000, nrcpt=1 (queue active)"
		print s "smtp[10]: " q ": to=<r" i "@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
		print s "qmgr[9]: " q ": removed"
	} }'
}
log 0 999 >"$work/small.log"
log 1000 39999 >"$work/large.log"
records() { sqlite3 -readonly "$1" 'SELECT count(*) FROM delivery'; }

"$heloflow" --db "$db" import mail "$work/small.log" 2>"$work/err" ||
    fail "the small log: $(cat "$work/err")"
[ "$(records "$db")" = 1000 ] || fail "small log: $(records "$db") records"

rc=0
"$heloflow" --db "$db" import mail "$work/large.log" 2>"$work/err" || rc=$?
[ "$rc" = 1 ] || fail "exit $rc: $(cat "$work/err")"
[ "$(grep -c 'the disk is full' "$work/err")" = 1 ] || fail "$(cat "$work/err")"
[ "$(wc -l <"$work/err")" = 1 ] || fail "more than one message: $(cat "$work/err")"
grep -q "$db: " "$work/err" || fail "the store is not named: $(cat "$work/err")"

kept=$(records "$db")
[ "$kept" -ge 1000 ] && [ "$kept" -lt 40000 ] || fail "$kept records are left"
[ "$(sqlite3 "$db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] ||
    fail "the store is damaged"
"$heloflow" --db "$db" trace 192.0.2.1 --limit 1 >/dev/null 2>"$work/err" ||
    [ $? = 3 ] || fail "not readable: $(cat "$work/err")"

# Room: the same files on a larger disk.
mkdir "$work/larger"
mount -t tmpfs -o size=96m tmpfs "$work/larger"
cp "$work/disk/store"* "$work/larger/"
db=$work/larger/store
"$heloflow" --db "$db" import mail "$work/large.log" 2>"$work/err" ||
    fail "with room again: $(cat "$work/err")"
[ "$(records "$db")" = 40000 ] || fail "with room again: $(records "$db") records"
"$heloflow" --db "$work/other" import mail "$work/small.log" "$work/large.log" \
    2>"$work/err" || fail "another disk: $(cat "$work/err")"
for s in "$db" "$work/other"; do
	sqlite3 -readonly "$s" 'SELECT message_key, received, time, queue_id, client_addr,
	    sender, recipient, disposition FROM delivery ORDER BY message_key' >"$s.txt"
done
cmp -s "$db.txt" "$work/other.txt" || fail "not the same records"

# The collector: what no longer fits is told, and it was not killed.
rm "$work/disk"/*
db=$work/disk/flows
${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/send" "$root/tests/tools/sflow_send.c"
says() { # PATTERN: waits until the collector has said so
	i=0
	until grep -q "$1" "$work/err"; do
		i=$((i + 1))
		[ $i -lt 1200 ] && kill -0 "$pid" ||
		    fail "collect does not say '$1': $(cat "$work/err")"
		sleep 0.05
	done
}
collect() { # PORT
	: >"$work/err"
	"$heloflow" --db "$db" collect --listen "127.0.0.1:$1" --flush 1 2>"$work/err" &
	pid=$!
	says 'listening on'
	port=$(sed -n 's/.*listening on 127[^:]*:\([0-9]*\).*/\1/p' "$work/err")
}
end() { # EXIT
	rc=0
	kill "$pid"
	wait "$pid" || rc=$?
	[ "$rc" = "$1" ] || fail "collect: exit $rc: $(cat "$work/err")"
}
session() { # ID
	sqlite3 -readonly "$db" "SELECT stopped IS NOT NULL, killed IS NOT NULL,
	    overflow > 0, smtp_packets + overflow + 7 * kernel_drops = $smtp,
	    smtp_packets = (SELECT count(*) FROM smtp_sample)
	    FROM collect_session WHERE id = $1"
}
larger() {
	umount "$work/larger"
	mount -t tmpfs -o size=96m tmpfs "$work/larger"
	cp "$work/disk/flows"* "$work/larger/"
	db=$work/larger/flows
}

stuck() { # waits until nothing was stored for more than two flushes
	i=0
	until [ "$(sqlite3 -readonly "$db" "SELECT max(alive) / 1000000 + 3
	    < strftime('%s') FROM collect_session")" = 1 ]; do
		i=$((i + 1))
		[ $i -lt 1200 ] || fail "collect stores on: $(cat "$work/err")"
		sleep 0.05
	done
}

# Room for the end of the run, but for no more than that.  What is sent takes
# 8 MB: the batch that does not fit is one of a whole second, and no small one
# that would take the reserve before the run ends.
head -c 4m /dev/zero >"$work/disk/ballast"
head -c 64k /dev/zero >"$work/disk/reserve"
collect 0
"$work/send" 127.0.0.1 "$port" 50000 4 100 >"$work/sent"
. "$work/sent"
says 'the disk is full'
stuck
rm "$work/disk/reserve"
end 1
[ "$(session 1)" = '1|0|1|1|1' ] || fail "collect: the session is $(session 1)"
larger
collect "$port"
end 0
if grep -q killed "$work/err"; then fail "collect: $(cat "$work/err")"; fi
[ "$(sqlite3 -readonly "$db" 'SELECT sum(packets) = 2 * (SELECT count(*) FROM smtp_sample)
    FROM sender_slot')" = 1 ] || fail 'collect: not all slots'

# Not even for that: the next start closes the run.
rm "$work/disk"/*
db=$work/disk/flows
smtp=0
collect "$port"
head -c 16m /dev/zero 2>/dev/null >"$work/disk/fill" || :
says 'the disk is full'
end 1
[ "$(session 1)" = '0|0|0|1|1' ] || fail "collect: the session left open is $(session 1)"
larger
collect "$port"
end 0
grep -q 'could store no more' "$work/err" || fail "collect: $(cat "$work/err")"
[ "$(session 1)" = '0|1|0|1|1' ] || fail "collect: the session closed later is $(session 1)"
[ "$(session 2)" = '1|0|0|1|1' ] || fail "collect: the session after it is $(session 2)"
echo "disk_full: $kept records kept, 40000 once there was room"
