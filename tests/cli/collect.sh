#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# heloflow collect with real sockets on loopback: what was sent is stored or
# reported as dropped; a kill loses a flush at most, and the next start and the
# coverage say so; refused, malformed, IPv6, readers meanwhile, systemd, errors.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :; rm -rf "$work"' EXIT
cd "$work"
${CC:-cc} -O2 -D_GNU_SOURCE -o send "$root/tests/tools/sflow_send.c"
db=store
fail() {
	echo "collect: $*"
	cat err 2>/dev/null
	exit 1
}
sql() { sqlite3 -readonly "$db" "$1"; }
same() { [ "$2" = "$3" ] || fail "$1: $2, wanted $3"; }

wait_for() { # TEXT: in err
	i=0
	until grep -q "$1" err; do
		i=$((i + 1))
		[ $i -lt 600 ] && kill -0 "$pid" 2>/dev/null || fail "no '$1'"
		sleep 0.05
	done
}
start() { # FLAGS...: sets pid and, of the first IPv4 socket, port
	: >err
	"$heloflow" --db "$db" collect "$@" 2>err &
	pid=$!
	wait_for 'listening on'
	port=$(sed -n 's/.*listening on 127[^:]*:\([0-9]*\).*/\1/p' err)
}
stop() { # SIGTERM or another: it ends with 0
	rc=0
	kill "-${1:-TERM}" "$pid"
	wait "$pid" || rc=$?
	pid=
	same 'exit' "$rc" 0
}
session() { sql "SELECT $1 FROM collect_session ORDER BY id DESC LIMIT 1"; }

# --- what was sent is stored or was dropped by the kernel, and reported
six=
grep -q . /proc/net/if_inet6 2>/dev/null && six='--listen [::1]:0'
# shellcheck disable=SC2086
start --listen 127.0.0.1:0 $six --agent 192.0.2.1 --agent 192.0.2.2 --flush 2
./send 127.0.0.1 "$port" 100000 5 60 >sent1 &
sender=$!
i=0
while kill -0 $sender 2>/dev/null; do # readers, while it writes
	"$heloflow" --db "$db" coverage >out 2>&1 || fail "coverage: $(cat out)"
	"$heloflow" --db "$db" correlate --day today >out 2>&1 ||
		fail "correlate: $(cat out)"
	"$heloflow" --db "$db" findings --day today >out 2>&1 ||
		fail "findings: $(cat out)"
	i=$((i + 1))
	sleep 0.2
done
[ $i -gt 0 ] || fail 'no reader ran'
wait $sender
. ./sent1
all=$datagrams samples1=$samples smtp1=$smtp
if [ -n "$six" ]; then
	port6=$(sed -n 's/.*\[::1\]:\([0-9]*\).*/\1/p' err)
	./send ::1 "$port6" 7000 1 100 192.0.2.2 >sent2
	. ./sent2
	all=$((all + datagrams)) samples1=$((samples1 + samples)) smtp1=$((smtp1 + smtp))
else
	echo 'skipped: no IPv6 here'
fi
# An agent that is not on the list, and garbage: of somebody unknown.
./send 127.0.0.1 "$port" 7000 1 100 192.0.2.9 >sent3
. ./sent3
refused=$datagrams
python3 - "$port" <<'EOF'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(20):
    s.sendto((b"", b"x", b"\0\0\0\5\0\0\0\7", bytes(1500))[i % 4],
             ("127.0.0.1", int(sys.argv[1])))
# A header of an agent that is allowed, and then less than it says.
for i in range(5):
    cut = bytes([0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 2 + i]) + bytes(11) + b"\3"
    s.sendto(cut, ("127.0.0.1", int(sys.argv[1])))
EOF
sleep 0.3
kill -USR1 "$pid"
wait_for ' datagrams, '
proc=$(awk -v p="$(printf ':%04X' "$port")" '$2 ~ p "$" { print $NF }' /proc/net/udp)
stop
drops=$(session kernel_drops)
same 'drops of /proc/net/udp' "$drops" "$proc"
same 'stored and dropped' $(($(session datagrams) + drops)) $((all + refused + 25))
same 'on stderr' "$(tail -n 1 err | sed 's/.*Z \([0-9]*\) datagrams.*, \([0-9]*\) dropped.*/\1 \2/')" \
	"$(session datagrams) $drops"
same 'rows' "$(sql 'SELECT count(*) FROM smtp_sample')" "$(session smtp_packets)"
same 'rows of the coverage' \
	"$(sql 'SELECT sum(smtp_packets), sum(samples) FROM flow_coverage')" \
	"$(session 'smtp_packets, samples')"
same 'rows of the slots' "$(sql 'SELECT sum(packets) FROM sender_slot')" \
	$((2 * $(session smtp_packets)))
if [ "$drops" = 0 ]; then
	same 'samples' "$(session samples)" "$samples1"
	same 'SMTP' "$(session smtp_packets)" "$smtp1"
	same 'refused' "$(session refused)" "$refused"
	same 'malformed' "$(session malformed)" 25
	same 'lost' "$(session lost_datagrams)" 0
fi
same 'overflow' "$(session overflow)" 0
same 'agents' "$(sql 'SELECT group_concat(text) FROM (SELECT text FROM flow_agent
    JOIN addr ON addr.id = agent ORDER BY text)')" \
	"192.0.2.1${six:+,192.0.2.2}"
same 'closed' "$(sql 'SELECT truncated FROM ledger') $(session 'stopped >= started')" '0 1'
grep -q '192.0.2.9, sent from 127.0.0.1: not stored, it is not on the list' err ||
	fail 'the agent is not named'
# The slots are what their samples say, not only in sum.
cat >derive.sql <<'EOF'
SELECT count(*) FROM (
  SELECT src AS addr, time - time % 300000000 AS slot, agent,
         count(*) AS packets, count(*) FILTER (WHERE flags = 2) AS syn,
         count(DISTINCT dst) AS peers, min(time) AS first, max(time) AS last
    FROM smtp_sample WHERE src_port <> 25 GROUP BY 1, 2, 3) w
  JOIN sender_slot s USING (addr, slot, agent, packets, syn, peers, first, last);
EOF
same 'slots of clients' "$(sqlite3 "$db" <derive.sql)" \
	"$(sql 'SELECT count(*) FROM sender_slot WHERE client_strong + client_weak > 0')"
run1="$(session 'datagrams || " datagrams, " || samples || " samples, " || smtp_packets ||
    " SMTP, " || kernel_drops || " dropped by the kernel"')"

# --- the kernel drops, when nobody reads for a while
db=slow
start --listen 127.0.0.1:0 --flush 1
kill -STOP "$pid"
./send 127.0.0.1 "$port" 700000 0.8 10 >sent
. ./sent
kill -CONT "$pid"
sleep 0.5
proc=$(awk -v p="$(printf ':%04X' "$port")" '$2 ~ p "$" { print $NF }' /proc/net/udp)
stop
drops=$(session kernel_drops)
[ "$drops" -gt 0 ] || fail 'the kernel has dropped nothing'
same 'drops of /proc/net/udp' "$drops" "$proc"
same 'stored and dropped' $(($(session datagrams) + drops)) "$datagrams"
same 'samples, stored and dropped' $(($(session samples) + 7 * drops)) "$samples"
same 'rows' "$(sql 'SELECT count(*) FROM smtp_sample')" "$(session smtp_packets)"
grep -q " $drops dropped by the kernel" err || fail 'drops are not told'

# --- killed in the middle
db=killed
start --listen 127.0.0.1:0 --flush 2
./send 127.0.0.1 "$port" 5000 6 100 >sent &
sender=$!
i=0
until [ "$(session smtp_packets)" -gt 0 ]; do
	i=$((i + 1))
	[ $i -lt 600 ] || fail 'nothing was stored'
	sleep 0.05
done
sleep 1.5
killed=$(date +%s%6N)
kill -9 "$pid"
wait "$pid" 2>/dev/null || :
sleep 0.5
# Room for a machine that is busy with other tests; an idle one needs none.
lost=$((killed - $(session alive)))
[ $lost -lt 4000000 ] || fail "a kill lost $lost us with --flush 2"
# Packet k has its number in address and port: the first ones are all there.
python3 - "$db" <<'EOF' || fail 'holes in what was stored before the kill'
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute(
    "SELECT bytes, src_port FROM smtp_sample JOIN addr ON addr.id = src")
k = sorted((port - 1024 << 17) + (int.from_bytes(b[13:], "big") - 0x120000)
           for b, port in rows)
assert k == list(range(len(k))), (len(k), k[:3], k[-3:])
EOF
same 'counted' "$(session smtp_packets)" "$(sql 'SELECT count(*) FROM smtp_sample')"
before=$(session alive)
start --listen "127.0.0.1:$port" --flush 2
grep -q "the collector on 127.0.0.1:$port was killed after 20.*Z, or could store no more; what came from" err ||
	fail 'the start does not say that it was killed'
wait $sender
sleep 0.2
stop INT
same 'gap' "$(sql 'SELECT why, until > start, start FROM collect_gap WHERE why = "killed"')" \
	"killed|1|$before"
"$heloflow" --db "$db" coverage >out
grep -q "no collector on 127.0.0.1:$port from 20.*: killed" out || fail "coverage: $(cat out)"
"$heloflow" --db "$db" coverage --by gap -j | grep -q '"why": *"killed"' || fail 'coverage --by gap'
same 'slots after a kill' "$(sql 'SELECT sum(packets) FROM sender_slot')" \
	"$(sql 'SELECT 2 * count(*) FROM smtp_sample')"
same 'killed and said once' "$(sql 'SELECT count(*) FROM collect_session WHERE killed > 0')" 1
start --listen "127.0.0.1:$port"
if grep -q 'was killed' err; then fail 'said twice'; fi

# --- systemd, and errors while it runs
rc=0
"$heloflow" --db other collect --listen "127.0.0.1:$port" 2>err2 || rc=$?
same 'port in use' "$rc $(wc -l <err2) $(grep -c 'cannot listen on 127.*Address already in use' err2)" '1 1 1'
[ ! -e other ] || fail 'a store was made for nothing'
stop
expect() { # EXIT TEXT FLAGS...
	want=$1 text=$2
	shift 2
	rc=0
	"$heloflow" --db other collect "$@" 2>err2 || rc=$?
	[ "$rc $(wc -l <err2) $(grep -c -e "$text" err2)" = "$want 1 1" ] ||
		fail "collect $*: exit $rc, $(cat err2)"
}
expect 2 'is not an ADDRESS:PORT' --listen 127.0.0.1
expect 2 'is not an ADDRESS:PORT' --listen 127.0.0.1:65536
expect 2 'is not an ADDRESS:PORT' --listen 2001:db8::1:6343
expect 2 'is not an ADDRESS:PORT' --listen example.net:6343
expect 2 'give --listen'
expect 2 'is no IP address' --listen 127.0.0.1:0 --agent switch1
expect 2 'is no address or prefix' --listen 127.0.0.1:0 --from 127.0.0.1/33
expect 2 'is not a number' --listen 127.0.0.1:0 --flush 0
expect 2 'takes no file' --listen 127.0.0.1:0 dump.pcap
expect 1 'cannot listen on 192.0.2.77:6343' --listen 192.0.2.77:6343
expect 1 'is a folder' --listen 127.0.0.1:0 --db /
if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 99 ] && [ "$(id -u)" = 0 ] &&
	cp "$heloflow" copy 2>/dev/null && chmod 755 . copy && mkdir data &&
	cp -r "$root/schema" data/ && chmod -R a+rX data &&
	command -v setpriv >/dev/null; then
	rc=0
	HELOFLOW_DATADIR=$work/data setpriv --reuid 65534 --clear-groups --bounding-set=-all \
		--inh-caps=-all "$work/copy" --db other collect --listen 127.0.0.1:99 2>err2 || rc=$?
	[ "$rc $(grep -c 'cannot listen on 127.0.0.1:99: Permission denied' err2)" = '1 1' ] ||
		fail "no permission: exit $rc, $(cat err2)"
else
	echo 'skipped: a port without permission'
fi
python3 - "$heloflow" <<'EOF' || fail 'systemd'
import os, signal, socket, subprocess, sys
for name in ("@heloflow-test-%d" % os.getpid(), os.path.abspath("notify")):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(name.replace("@", "\0"))
    s.settimeout(20)
    env = dict(os.environ, NOTIFY_SOCKET=name, WATCHDOG_USEC="400000")
    p = subprocess.Popen([sys.argv[1], "--db", "notified", "collect",
                          "--listen", "127.0.0.1:0"], env=env,
                         stderr=subprocess.DEVNULL)
    assert s.recv(4096) == b"READY=1"
    assert s.recv(4096) == b"WATCHDOG=1"
    p.send_signal(signal.SIGUSR1)
    said = [s.recv(4096) for i in range(5)]
    assert said.count(b"WATCHDOG=1") >= 3, said
    assert [x for x in said if x.startswith(b"STATUS=0 datagrams, ")], said
    p.send_signal(signal.SIGTERM)
    assert p.wait(20) == 0
    rest = b""
    s.settimeout(0.1)
    try:
        while True:
            rest += s.recv(4096)
    except socket.timeout:
        pass
    assert b"STOPPING=1" in rest, rest
EOF
echo "collect: $run1; a kill lost $((lost / 1000)) ms"
