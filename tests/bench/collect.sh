#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# heloflow collect under load, over loopback, SIGTERM at the end:
#
#   sh tests/bench/collect.sh [SAMPLES_PER_SECOND [SECONDS [SMTP_PERCENT [KILL_AT]]]]
#
# With KILL_AT it is killed that many seconds after the start of the sender and
# started again at the end, to see what was lost.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d /tmp/heloflow-bench-XXXXXX)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :; rm -rf "$work"' EXIT
cd "$work"
make -s -C "$top" all
${CC:-cc} -O2 -D_GNU_SOURCE -o send "$top/tests/tools/sflow_send.c"
start() { # LISTEN
	: >err
	"$top/build/release/heloflow" --db db collect --listen "$1" 2>err &
	pid=$!
	until grep -q 'listening on' err; do sleep 0.1; done
	port=$(sed -n 's/.*listening on 127[^:]*:\([0-9]*\).*/\1/p' err)
}
usage() { # CPU seconds, and most memory
	awk -v hz="$(getconf CLK_TCK)" '{ printf "collector: %.1f s user, %.1f s system\n", $14 / hz, $15 / hz }' "/proc/$pid/stat"
	grep VmHWM "/proc/$pid/status"
}
start 127.0.0.1:0
uptime
./send 127.0.0.1 "$port" "${1:-100000}" "${2:-60}" "${3:-100}" >sent &
sender=$!
if [ -n "${4:-}" ]; then
	sleep "$4"
	usage
	killed=$(date +%s%6N)
	kill -9 "$pid"
	wait "$pid" 2>/dev/null || :
	alive=$(sqlite3 db 'SELECT alive FROM collect_session')
	echo "killed; lost: the last $(((killed - alive) / 1000)) ms"
	wait $sender
	start "127.0.0.1:$port"
	head -n 1 err
else
	wait $sender
fi
sleep 0.5
usage
awk -v p="$(printf ':%04X' "$port")" '$2 ~ p "$" { print "/proc/net/udp: dropped " $NF }' /proc/net/udp
from=$(date +%s%3N)
kill "$pid"
wait "$pid"
pid=
echo "SIGTERM: exit 0 after $(($(date +%s%3N) - from)) ms"
echo "sent: $(cat sent)"
tail -n 1 err
sqlite3 db "SELECT 'rows: ' || count(*) || ', each once: ' ||
    (count(*) = count(DISTINCT src * 65536 + src_port)) FROM smtp_sample;
    SELECT 'slots: ' || count(*) || ', packets ' || sum(packets) FROM sender_slot"
ls -l db | awk '{ print "store: " $5 " bytes" }'
