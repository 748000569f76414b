#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# import mail --follow: a log that is written in pieces, renamed, truncated,
# compressed and deleted under its reader gives the store of a single import,
# news is there for a reader within seconds, and a signal ends it cleanly.
# And the progress bar, which only a terminal sees.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "follow: $*"; exit 1; }
xz -dc "$root/tests/lab/postfix/milter/mail.log.xz" >"$work/mail.log"
gzip -dc "$root/tests/lab/postfix/milter/clamav-milter.log.gz" >"$work/clamav-milter.log"
split -n l/8 -d "$work/mail.log" "$work/part."
split -n l/2 -d "$work/clamav-milter.log" "$work/clam."
lines=$(cat "$work/mail.log" "$work/clamav-milter.log" | wc -l)
logs=$work/logs
mkdir "$logs"
log=$logs/mail.log
db=$work/s

start() {
	"$heloflow" --db "$db" import mail --year 2026 --follow "$@" 2>"$work/err" &
	pid=$!
}
stop() { # SIGNAL
	kill "-$1" "$pid"
	rc=0
	wait "$pid" || rc=$?
	pid=
	[ "$rc" = 0 ] || fail "exit $rc after SIG$1: $(cat "$work/err")"
}
read_lines() {
	sqlite3 -readonly "$db" 'SELECT coalesce(sum(lines), 0) FROM ledger' 2>/dev/null || echo 0
}
wait_lines() { # N: they are in the store within 20 s
	for _ in $(seq 200); do
		[ "$(read_lines)" -ge "$1" ] && return
		sleep 0.1
	done
	fail "$(read_lines) of $1 lines are in the store: $(cat "$work/err")"
}
n=0
write() { # PART TO
	cat "$1" >>"$2"
	n=$((n + $(wc -l <"$1")))
}

# Two globs; nothing is there yet.
start "$logs/mail.log*" "$logs/clamav-*.log"
sleep 0.5
write "$work/part.00" "$log"
wait_lines $n
# Another process can write to the store meanwhile.
"$heloflow" --db "$db" import mail "$work/none" 2>/dev/null && fail "a missing file"
echo "2026-11-20T00:00:00+00:00 mx9 postfix/anvil[1]: statistics: max cache size 1 at Nov 20 00:00:00" >"$work/other"
"$heloflow" --db "$db" import mail "$work/other" 2>/dev/null || fail "a second writer"
n=$((n + 1))
# Half a line waits for the rest.
head -c 40 "$work/part.01" >>"$log"
sleep 1.5
[ "$(read_lines)" = $n ] || fail "half a line was read"
tail -c +41 "$work/part.01" >>"$log"
n=$((n + $(wc -l <"$work/part.01")))
write "$work/clam.00" "$logs/clamav-milter.log"
wait_lines $n
# Renamed, written to a last time, then replaced.
mv "$log" "$log.1"
write "$work/part.02" "$log.1"
write "$work/part.03" "$log"
wait_lines $n
# A correlation makes the sums of the hour that is being written.
day=$(sqlite3 -readonly "$db" "SELECT date(max(received) / 1000000, 'unixepoch') FROM mail_message")
"$heloflow" --db "$db" correlate --day "$day" >/dev/null 2>"$work/said" || fail "correlate: $(cat "$work/said")"
# Copied and truncated.
cp "$log" "$log.2"
: >"$log"
write "$work/part.04" "$log"
wait_lines $n
# Compressed and deleted: nothing new.
gzip "$log.1"
rm "$log.2"
write "$work/part.05" "$log"
wait_lines $n
# Killed; what was written meanwhile is read later.
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
write "$work/part.06" "$log"
# By its path alone: the last lines of a file that is renamed right after.
start "$log" "$logs/clamav-milter.log"
wait_lines $n
write "$work/part.07" "$log"
mv "$log" "$work/away"
write "$work/clam.01" "$logs/clamav-milter.log"
wait_lines $n
stop TERM
[ "$n" = $((lines + 1)) ] || fail "$n lines written, not $lines"
grep -q '^mail: [0-9]* new lines' "$work/err" || fail "says nothing: $(cat "$work/err")"

"$heloflow" --db "$work/whole" import mail --year 2026 "$work/mail.log" \
    "$work/clamav-milter.log" "$work/other" 2>/dev/null
sh "$root/tests/same_store.sh" "$work/whole" "$db" | cut -c1-250 | grep . &&
    fail "not the store of a single import"
# Once more over everything, with SIGINT: nothing changes.
start "$work/away" "$logs/mail.log*"
sleep 1.5
stop INT
sh "$root/tests/same_store.sh" "$work/whole" "$db" || fail "followed again"

for what in - ""; do # standard input, or nothing that could be followed
	rc=0
	# shellcheck disable=SC2086
	(cd "$work" && "$heloflow" --db t import mail --follow $what) </dev/null 2>"$work/err" || rc=$?
	[ "$rc" = 2 ] || fail "--follow '$what': exit $rc"
done
# The paths of the configuration.
printf 'mail_sources:\n  - paths: ["logs/clamav-*.log"]\n    mta: postfix\n' >"$work/heloflow.yaml"
db=$work/c
"$heloflow" -c "$work/heloflow.yaml" --db "$db" import mail --follow 2>"$work/err" &
pid=$!
wait_lines "$(wc -l <"$work/clamav-milter.log")"
stop TERM

# --stats and --max-unparsed speak at the end, of all that was followed.
{ cat "$work/part.00"; echo "2026-11-20T00:00:00+00:00 mx9 postfix/smtpd[1]: what is this"; } >"$work/odd"
db=$work/odd.db
start --stats --max-unparsed 0 "$work/odd"
wait_lines "$(wc -l <"$work/odd")"
kill -TERM "$pid"
rc=0
wait "$pid" || rc=$?
pid=
[ "$rc" = 3 ] || fail "--max-unparsed 0: exit $rc"
grep -q "^{\"lines\":$(wc -l <"$work/odd"),.*\"unparsed\":1," "$work/err" ||
    fail "--stats: $(cat "$work/err")"

# --- the progress bar
# Long enough for a fast machine to draw it: every 0.2 s.
for _ in $(seq 80); do cat "$work/mail.log"; done >"$work/big"
gzip -k "$work/big"
for f in big big.gz; do
	script -qec "'$heloflow' --db '$work/$f.db' import mail --batch 2000 --year 2026 '$work/$f'" \
	    /dev/null </dev/null >"$work/out"
	mb=$(stat -c %s "$work/$f" | awk '{ printf "%.1f", $1 / 1e6 }')
	grep -q "\[=* *\] *[0-9]*%  [0-9.]* of $mb MB  [0-9.]* MB/s  [0-9]*:[0-9][0-9] left" "$work/out" ||
	    fail "no progress bar for $f: $(head -c 300 "$work/out")"
	"$heloflow" --db "$work/$f.db2" import mail --year 2026 "$work/$f" 2>"$work/err"
	[ "$(wc -l <"$work/err")" = 1 ] || fail "stderr is no terminal: $(cat "$work/err")"
	grep -q '\[=' "$work/err" && fail "a bar without a terminal"
done
echo "follow: $n lines followed"
