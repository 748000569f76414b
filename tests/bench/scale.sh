#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: scale.sh [MEGABYTES [STORE]]     (default 15500: 50 million deliveries)
# A large store: what an import of 200 MB of another day into it takes, beside the
# same into an empty one and pflogsumm, in turn, three times; and what trace takes, by
# each kind of key, of a message in the middle: the best of three.  STORE is filled
# from a log of Exim of that size if it is not there, and kept; it grows by the imports.
# 15500: 20 GB, most of an hour.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/release/heloflow
mb=${1:-15500}
work=$(mktemp -d "${TMPDIR:-/tmp}/heloflow-scale-XXXXXX")
trap 'rm -rf "$work"' EXIT
store=${2:-$work/big.db}
${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/mail_gen" "$root/tests/bench/mail_gen.c"
timed() { # WHAT COMMAND...
	what=$1
	shift
	/usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" >"$work/out" 2>"$work/err" ||
	    [ $? -eq 3 ] || { cat "$work/err" >&2; exit 1; } # 3: trace, of many messages the newest
	tail -n 1 "$work/time" | awk -v what="$what" \
	    '{ printf "%-34s %8.2f s  %8.2f s CPU  %5.0f MB RSS\n", what, $1, $2 + $3, $4 / 1024 }'
}
ask() { sqlite3 -readonly "$store" "$1"; }

uptime
if [ ! -f "$store" ]; then
	mkfifo "$work/log"
	"$work/mail_gen" "$mb" 5 exim >"$work/log" &
	timed "import of $mb MB of Exim" "$heloflow" --db "$store" import mail - <"$work/log"
	wait
fi
ask "SELECT printf('%.1f million messages', (max(id) - min(id) + 1) / 1e6) FROM mail_message"
ls -lh "$store" | awk '{ print "store: " $5 }'

# Days that no other log is of.
last=$(ask 'SELECT max(hour) / 24 FROM mail_message')
for n in 1 2 3; do
	day=$(date -u -d "@$(((last + n) * 86400))" +%Y-%m-%d)
	"$work/mail_gen" 200 $((20 + n)) postfix | sed "s/^....-..-../$day/" >"$work/log.$n"
	timed "pflogsumm" pflogsumm "$work/log.$n"
	timed "import, empty store" "$heloflow" --db "$work/empty.$n" import mail "$work/log.$n"
	rm "$work/empty.$n"*
	timed "import, that store" "$heloflow" --db "$store" import mail "$work/log.$n"
done

best() { # WHAT KIND KEY
	for n in 1 2 3; do
		timed "trace, $1" "$heloflow" --db "$store" trace --as "$2" "$3"
	done >"$work/three"
	sed 's/ s .*//; s/.* //' "$work/three" | paste - "$work/three" | sort -n | sed -n '1s/^[^	]*	//p' |
	    tr '\n' ' '
	echo "$(wc -l <"$work/out") lines"
}
id=$(ask 'SELECT (SELECT min(id) + max(id) FROM mail_message) / 2')
one() { # COLUMN, of the first message from there that has one
	ask "SELECT $1 FROM mail_message m LEFT JOIN addr a ON a.id = m.client
	      LEFT JOIN name s ON s.id = m.sender LEFT JOIN mail_recipient r ON r.message = m.id
	     WHERE m.id >= $id AND $1 <> '' ORDER BY m.id LIMIT 1"
}
best client client "$(one a.text)"
best 'queue id' queue-id "$(one m.queue_id)"
best Message-ID message-id "$(one m.message_id)"
best 'key of the message' message-key "$(one "printf('%016x', m.message_key)")"
best sender mailbox "$(one s.text)"
best recipient mailbox "$(one r.recipient)"
best nobody mailbox nobody@nowhere.example
uptime
