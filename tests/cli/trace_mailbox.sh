#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# trace finds a message by each mailbox it has (sender, account, recipient, original
# recipient), in any case of letters, and the newest first: in a store of an older
# program, in one that has gone on since, in one of many filters.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cd "$d"
fail() { echo "trace_mailbox: $*"; exit 1; }
import() { # STORE FILE
	"$heloflow" --db "$1" import mail "$2" 2>err || fail "$2: $(cat err)"
}
mailboxes="(SELECT m.id, m.received, n.text AS mailbox FROM mail_message m
                JOIN name n ON n.id IN (m.sender, m.auth_user)
            UNION SELECT m.id, m.received, r.recipient
                FROM mail_message m JOIN mail_recipient r ON r.message = m.id
            UNION SELECT m.id, m.received, r.orig_recipient
                FROM mail_message m JOIN mail_recipient r ON r.message = m.id)"
found() { # STORE MAILBOX FLAG...: keys of the messages that trace finds
	store=$1 who=$2
	shift 2
	case $who in *@*) ;; *) set -- "$@" --as auth-user ;; esac
	"$heloflow" --db "$store" trace "$who" -o csv "$@" 2>err |
	    sed 1d | cut -d, -f1 | LC_ALL=C sort -u
}
there() { # STORE MAILBOX CONDITION LIMIT: keys of those that there are
	sqlite3 -readonly "$1" "SELECT printf('%016x', message_key) FROM mail_message WHERE id IN
	    (SELECT id FROM $mailboxes WHERE mailbox = '$2' COLLATE NOCASE AND $3
	      GROUP BY id ORDER BY received DESC, id DESC LIMIT $4)" | LC_ALL=C sort -u
}
same() { # STORE MAILBOX CONDITION LIMIT FLAG...
	store=$1 who=$2 condition=$3 limit=$4
	shift 4
	there "$store" "$who" "$condition" "$limit" >want
	[ -s want ] || fail "$store: nothing to find of $who"
	found "$store" "$who" --limit "$limit" "$@" >have
	cmp -s want have || fail "$store: $who $*: $(wc -l <have) and not $(wc -l <want) messages"
}
each() { # STORE: by each mailbox there is, in other letters
	sqlite3 -readonly "$1" "SELECT x.mailbox, printf('%016x', m.message_key)
	    FROM $mailboxes x JOIN mail_message m USING (id) WHERE x.mailbox <> ''" |
	    tr A-Z a-z | LC_ALL=C sort -u >want
	cut -d'|' -f1 want | uniq | while read -r who; do
		found "$1" "$(echo "$who" | tr a-z A-Z)" | sed "s/^/$who|/"
	done >have
	cmp want have || fail "$1: $(diff want have)"
	[ -z "$(found "$1" nobody@nowhere.example)" ] || fail "$1: somebody who is not there"
}

# --- each of the columns, also of messages that change later
s=" mx1 postfix/"
cat >one.log <<END
2026-11-23T20:00:00+00:00${s}smtpd[1]: 4F0000000A: client=a.example[192.0.2.1], sasl_method=PLAIN, sasl_username=Account
2026-11-23T20:00:00+00:00${s}cleanup[2]: 4F0000000A: message-id=<1@a.example>
2026-11-23T20:00:00+00:00${s}qmgr[3]: 4F0000000A: from=<sender@a.example>, size=900, nrcpt=4 (queue active)
2026-11-23T20:00:01+00:00${s}smtp[4]: 4F0000000A: to=<first@b.example>, orig_to=<Alias@a.example>, relay=mx.b.example[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-23T20:00:01+00:00${s}smtp[4]: 4F0000000A: to=<second@b.example>, relay=none, delay=1, delays=0/0/1/0, dsn=4.4.1, status=deferred (connect to mx.b.example[198.51.100.1]:25: Connection timed out)
2026-11-23T20:00:02+00:00${s}smtpd[1]: 4F0000000B: client=c.example[192.0.2.3], sasl_method=PLAIN, sasl_username=user@c.example
2026-11-23T20:00:02+00:00${s}qmgr[3]: 4F0000000B: from=<>, size=900, nrcpt=1 (queue active)
2026-11-23T20:00:03+00:00${s}smtp[4]: 4F0000000B: to=<n@b.example>, orig_to=<root@c.example>, relay=mx.b.example[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-23T20:00:03+00:00${s}qmgr[3]: 4F0000000B: removed
END
cat >more.log <<END
2026-11-23T21:00:01+00:00${s}smtp[4]: 4F0000000A: to=<second@b.example>, relay=mx.b.example[198.51.100.1]:25, delay=3602, delays=3601/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-23T21:00:01+00:00${s}smtp[4]: 4F0000000A: to=<third@b.example>, orig_to=<late@a.example>, relay=mx.b.example[198.51.100.1]:25, delay=3602, delays=3601/0/0/1, dsn=2.0.0, status=sent (250 ok)
2026-11-23T21:00:02+00:00${s}qmgr[3]: 4F0000000A: removed
END
goes_on() { # STORE
	import "$1" one.log
	import "$1" more.log
	each "$1"
	for who in ACCOUNT sender@A.example user@c.example first@b.example alias@a.example \
	    second@b.example third@b.example late@a.example; do
		[ "$(found "$1" "$who" | wc -l)" = 1 ] || fail "$1: $who is not found"
	done
}
goes_on new.db

# --- a store of an older program: nothing of it is in a filter
zcat "$root"/tests/upgrade/store_010.sql.gz | sqlite3 old.db
"$heloflow" --db old.db correlate --all >/dev/null
[ "$(sqlite3 old.db 'SELECT count(*) FROM mailbox_filter')" = 0 ]
each old.db
goes_on old.db
[ "$(sqlite3 old.db 'SELECT count(*) FROM mailbox_filter')" = 2 ]

# --- messages of an old store go away, and their ids come back; some had another time
import ids.db one.log
sqlite3 ids.db "DELETE FROM mailbox_filter;
    INSERT INTO mailbox_unfiltered
    SELECT max(id) + 9, min(received) + 1000000, max(received) FROM mail_message"
import ids.db more.log
sed 's/4F00/4E00/; s/T20/T22/; s/@/@ids./g' one.log >ids.log
import ids.db ids.log
[ "$(sqlite3 ids.db 'SELECT max(id) < (SELECT below FROM mailbox_unfiltered) FROM mail_message')" = 1 ]
each ids.db

# --- many messages, of which the later ones are imported first, many a filter
messages() { # FROM TO: one a second
	seq "$1" "$2" | awk -v s="$s" '{
		at = sprintf("2026-11-23T%02d:%02d:%02d+00:00", $1 / 3600, $1 / 60 % 60, $1 % 60)
		id = sprintf("4E%08X", $1)
		print at s "smtpd[1]: " id ": client=a.example[192.0.2.1]"
		print at s "qmgr[3]: " id ": from=<s" $1 % 97 "@a.example>, size=900, nrcpt=1 (queue active)"
		print at s "smtp[4]: " id ": to=<r" $1 % 499 "@b.example>, relay=mx.b.example[198.51.100.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)"
		print at s "qmgr[3]: " id ": removed"
	}'
}
messages 6000 12000 >late.log
messages 1 5999 >early.log
import many.db late.log
import many.db early.log
[ "$(sqlite3 many.db 'SELECT count(*) FROM mailbox_filter')" -ge 4 ]
newest() { # STORE FUNCTION: which of many there are, in any time
	for who in s5@a.example r7@b.example; do
		for limit in 1 10 1000; do
			$2 "$1" $who true $limit
			$2 "$1" $who 'received < 1795402800000000' $limit --until 2026-11-23T03:00:00Z
			$2 "$1" $who 'received BETWEEN 1795393800000000 AND 1795400999999999' \
			    $limit --since 2026-11-23T00:30:00Z --until 2026-11-23T02:30:00Z
		done
	done
}
say() { # STORE MAILBOX CONDITION LIMIT FLAG...
	store=$1 who=$2 limit=$4
	shift 4
	echo "$who $limit $*"
	found "$store" "$who" --limit "$limit" "$@"
}
as_many() { # STORE
	newest "$1" say >have
	cmp many have || fail "$1: $(diff many have | head -5)"
}
newest many.db same
newest many.db say >many
rc=0
"$heloflow" --db many.db trace s5@a.example --limit 10 >/dev/null 2>err || rc=$?
[ $rc = 3 ] && grep -q 'the newest 10 messages' err && grep -q 'there are more' err || fail "$(cat err)"

# As if a program without filters had written the first of them, and all of them; and
# somebody past the program.
cp many.db half.db
sqlite3 half.db "INSERT INTO mailbox_unfiltered
    SELECT last + 1, (SELECT min(received) FROM mail_message), (SELECT max(received) FROM mail_message)
      FROM mailbox_filter WHERE rowid = 2;
    DELETE FROM mailbox_filter WHERE rowid <= 2"
as_many half.db
cp many.db hole.db
sqlite3 hole.db "DELETE FROM mailbox_filter WHERE rowid IN (1, 3) OR last = (SELECT max(last) FROM mailbox_filter)"
as_many hole.db
sqlite3 hole.db "DELETE FROM mailbox_filter"
as_many hole.db

# What is no filter hides nothing.
for bits in "x''" "x'07'" "x'ffffff'" zeroblob\(0\); do
	sqlite3 half.db "UPDATE mailbox_filter SET bits = $bits"
	same half.db s5@a.example true 30
done
sqlite3 half.db "UPDATE mailbox_filter SET first = -9223372036854775807, last = 9223372036854775807"
as_many half.db
echo "trace_mailbox: $(sqlite3 many.db 'SELECT count(*) FROM mail_message') messages"
