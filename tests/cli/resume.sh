#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: resume.sh [SEED]
# import mail reads a log once, whatever it is called, however it is compressed
# and whenever the import is killed: the store is the same as after a single
# import of the whole log.  With the real program and the logs of the lab.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
seed=${1:-${SEED:-$(date +%s)}}
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) # no waiting for a disk
trap 'rm -rf "$work"' EXIT
echo "resume: seed $seed"
fail() { echo "resume: $* (seed $seed)"; exit 1; }

unpack() { # VARIANT FOLDER
	mkdir -p "$2"
	for f in "$root/tests/lab/$1"/*.log.*; do
		to=$2/$(basename "${f%.*}")
		case $f in
		*.xz) xz -dc "$f" ;; *.zst) zstd -qdc "$f" ;;
		*.bz2) bzip2 -dc "$f" ;; *) gzip -dc "$f" ;;
		esac >"$to"
	done
}
import() { # STORE FILE...
	store=$1
	shift
	"$heloflow" --db "$store" import mail --year 2026 --host lab $flags "$@" \
	    2>"$store.err" || fail "import of $*: $(cat "$store.err")"
}
flags=
new_lines() { sed -n 's/^mail: \([0-9]*\) new lines.*/\1/p' "$1.err"; }
# A line of long after: whatever is still open leaves.
let_leave() {
	echo "2027-02-01T00:00:00+00:00 z postfix/anvil[1]: statistics: max cache size 1 at Feb  1 00:00:00" \
	    >"$work/later.log"
	import "$1" "$work/later.log"
}
same() { # WHAT WHOLE STORE: now, and when all has left
	sh "$root/tests/same_store.sh" "$2" "$3" >"$3.diff" ||
	    { cut -c1-250 "$3.diff"; fail "$1: not the same store"; }
	[ -f "$2.left" ] || { cp "$2" "$2.left"; let_leave "$2.left"; }
	let_leave "$3"
	sh "$root/tests/same_store.sh" "$2.left" "$3" >"$3.diff" ||
	    { cut -c1-250 "$3.diff"; fail "$1: not the same in the end"; }
}

# --- one file under many names
one=$work/one
unpack postfix/milter "$one"
log=$one/mail.log
lines=$(wc -l <"$log")
import "$one/whole" "$log"
known() { # WHAT FILE...: nothing new, and nothing changes
	what=$1
	shift
	import "$one/s" "$@"
	[ "$(new_lines "$one/s")" = 0 ] || fail "$what: $(new_lines "$one/s") new lines"
	sh "$root/tests/same_store.sh" "$one/whole" "$one/s" ||
	    fail "$what: the store has changed"
}
head -n 1500 "$log" >"$one/mail"
import "$one/s" "$one/mail"
cp "$log" "$one/mail"
import "$one/s" "$one/mail"
[ "$(new_lines "$one/s")" = $((lines - 1500)) ] || fail "grown: $(cat "$one/s.err")"
known again "$one/mail"
mv "$one/mail" "$one/mail.1"
known renamed "$one/mail.1"
for z in "gzip gz" "xz xz" "zstd zst" "bzip2 bz2"; do
	"${z% *}" -qc <"$one/mail.1" >"$one/mail.1.${z#* }"
	known "${z% *}" "$one/mail.1.${z#* }"
done
{ head -n 700 "$log" | gzip; tail -n +701 "$log" | zstd -q; } >"$one/two"
known "two members" "$one/two"
"$heloflow" --db "$one/s" import mail --year 2026 --host lab - <"$log" 2>"$one/s.err"
[ "$(new_lines "$one/s")" = 0 ] || fail "stdin: $(cat "$one/s.err")"
known "in one call with others" "$one/mail.1" "$one/mail.1.gz" "$one/mail.1.xz"

rm "$one"/s*
import "$one/s" "$one/mail.1" "$one/mail.1.gz" "$one/two"
sh "$root/tests/same_store.sh" "$one/whole" "$one/s" || fail "the same log three times in one call"

# A copy that was compressed before the log grew.
rm "$one"/s*
cp "$log" "$one/mail"
import "$one/s" "$one/mail"
head -n 2000 "$log" | gzip >"$one/copy.gz"
known "an older copy" "$one/copy.gz"
# ... read first, then the log that went on.
rm "$one"/s*
import "$one/s" "$one/copy.gz"
import "$one/s" "$one/mail"
[ "$(new_lines "$one/s")" = $((lines - 2000)) ] || fail "copy first: $(cat "$one/s.err")"
known "after the copy" "$one/mail" "$one/copy.gz"

# copytruncate: the path holds new, shorter content; the old one is in a copy.
rm "$one"/s*
head -n 3000 "$log" >"$one/mail"
import "$one/s" "$one/mail"
cp "$one/mail" "$one/mail.1"
tail -n +3001 "$log" >"$one/mail"
import "$one/s" "$one/mail" "$one/mail.1"
[ "$(new_lines "$one/s")" = $((lines - 3000)) ] || fail "copytruncate: $(cat "$one/s.err")"
sh "$root/tests/same_store.sh" "$one/whole" "$one/s" || fail "copytruncate"
# The same beginning, but another log: it is read.
{ head -n 3000 "$log"; tail -n 500 "$log" | sed 's/ mx1 / mx2 /'; } >"$one/other"
cp "$one/s" "$one/t"
import "$one/t" "$one/other"
[ "$(new_lines "$one/t")" != 0 ] || fail "another log with the same beginning was left out"
# An empty file, then something in it; and a file of one line without its end.
: >"$one/empty"
import "$one/e" "$one/empty"
head -c 60 "$log" >"$one/empty"
import "$one/e" "$one/empty"
[ "$(new_lines "$one/e")" = 1 ] || fail "a line without its end: $(cat "$one/e.err")"
cp "$log" "$one/empty"
import "$one/e" "$one/empty"
same "from nothing" "$one/whole" "$one/e"
echo "resume: one file, many names"

# --- every variant of the lab: twice, in halves, killed
random() { # SEED: 0 to 1
	printf '%s' "$1" | cksum | awk '{ printf "%.6f", $1 / 4294967296 }'
}
seconds() { # COMMAND: how long it takes
	s0=$(date +%s%N)
	"$@"
	echo "$(date +%s%N) $s0" | awk '{ printf "%.3f", ($1 - $2) / 1e9 }'
}
# SIGKILL at N random moments of the time that an import takes.  One that has
# ended before is compared, too, and another store is begun.
killed() { # STORE FOLDER N
	flags="--batch 97"
	kills=0
	starts=0
	span=$(seconds import "$1.timed" "$2"/*.log)
	while [ "$kills" -lt "$3" ] && [ "$starts" -lt $(($3 * 6)) ]; do
		starts=$((starts + 1))
		"$heloflow" --db "$1" import mail --year 2026 --host lab $flags \
		    "$2"/*.log 2>/dev/null &
		pid=$!
		sleep "$(echo "$(random "$seed$1$starts") $span" | awk '{ printf "%.3f", 0.02 + $1 * $2 }')"
		if kill -9 "$pid" 2>/dev/null; then
			wait "$pid" 2>/dev/null || true
			kills=$((kills + 1))
			continue
		fi
		wait "$pid" || fail "$1: an import after $kills kills failed"
		same "$1 after $kills kills" "$dir/whole" "$1"
		rm -f "$1" "$1"-*
	done
	import "$1" "$2"/*.log
	flags=
}
variant() { # VARIANT KILLS HALVES
	dir=$work/$1
	unpack "$1" "$dir"
	names=$(cd "$dir" && ls ./*.log)
	import "$dir/whole" "$dir"/*.log
	cp "$dir/whole" "$dir/twice"
	import "$dir/twice" "$dir"/*.log
	[ "$(new_lines "$dir/twice")" = 0 ] || fail "$1 twice: $(cat "$dir/twice.err")"
	same "$1 twice" "$dir/whole" "$dir/twice"
	mkdir -p "$dir/in"
	for k in $(seq "$3"); do
		mode=lines
		[ $((k % 2)) = 0 ] && mode=bytes
		rm -f "$dir"/half*
		# shellcheck disable=SC2086
		python3 "$root/tests/cli/cut_logs.py" "$seed.$k" $mode "$dir" "$dir/in" $names
		import "$dir/half" "$dir"/in/*.log
		cp "$dir"/*.log "$dir/in/"
		import "$dir/half" "$dir"/in/*.log
		same "$1 in halves ($mode, $k)" "$dir/whole" "$dir/half"
	done
	[ "$2" = 0 ] && return
	killed "$dir/killed" "$dir" "$2"
	total=$((total + kills))
	same "$1 killed $kills times" "$dir/whole" "$dir/killed"
}
total=0
for v in "postfix/milter 10 2" "postfix/amavis 10 2" "postfix/rspamd 6 2" \
    "postfix/prequeue 0 2" "postfix/policy 0 2" "exim/all 8 2" "exim/exiscan 0 2" \
    "exim/syslog 8 2" "sendmail/milter 10 2" "sendmail/mimedefang 0 2"; do
	# shellcheck disable=SC2086
	variant $v
done
echo "resume: killed $total times"
[ "$total" -ge 50 ] || fail "only $total kills hit a running import"
