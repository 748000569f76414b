#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A filter's verdict reaches its message from another file, in the same call
# or in a later one, whichever comes first, and no other message.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "verdict_later: $*"; exit 1; }

n=0
for id in 4F7A01231 4F7A01232 4F7A01233 4F7A01234; do
	n=$((n + 1))
	at="2026-11-23T10:00:0$n+00:00 mx postfix"
	cat <<-END
	$at/smtpd[7]: $id: client=unknown[192.0.2.$n]
	$at/cleanup[8]: $id: message-id=<m$n@example.com>
	$at/qmgr[9]: $id: from=<x@example.com>, size=100, nrcpt=1 (queue active)
	$at/virtual[10]: $id: to=<a$n@example.net>, relay=virtual, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (delivered to maildir)
	$at/qmgr[9]: $id: removed
	END
done >"$dir/mail.log"
# The second message's id tries to be the third's.
cat >"$dir/rspamd.log" <<'END'
2026-11-23 10:00:01 #7(rspamd_proxy) <2f0925>; proxy; rspamd_task_write_log: id: <m1@example.com>, qid: <4F7A01231>, ip: 192.0.2.1, from: <x@example.com>, (default: T (add header): [7.70/15.00] [LAB(7.50){}]), len: 458, time: 1.8ms, dns req: 4
2026-11-23 10:00:02 #7(rspamd_proxy) <2f0926>; proxy; rspamd_task_write_log: id: <x>, qid: <4F7A01233>, ip: 192.0.2.3, from: <y>, qid: <4F7A01232>, ip: 192.0.2.2, from: <x@example.com>, (default: T (reject): [17.70/15.00] [LAB(7.50){}]), len: 458, time: 1.8ms, dns req: 4
END
cat >"$dir/clamav-milter.log" <<'END'
Mon Nov 23 10:00:04 2026 -> Message 4F7A01234 from <x@example.com> to <a4@example.net> with subject 'Message 4F7A01233 from <' message-id '<m4@example.com>' date '' infected by Worm.Mydoom.M-1
END
want='4F7A01231|spam|rspamd|7.7
4F7A01232||| 
4F7A01233||| 
4F7A01234|virus|clamav| '

check() { # NAME CALL...: a call is files with commas between them
	name=$1
	db=$dir/$name
	shift
	for call in "$@"; do
		# shellcheck disable=SC2046
		(cd "$dir" && "$heloflow" --db "$db" import mail --host mx \
		    $(echo "$call" | tr , ' ') 2>/dev/null) ||
		    fail "$name: import of $call failed"
	done
	have=$(sqlite3 "$db" "SELECT queue_id, coalesce(verdict, ''),
	    coalesce(filter, ''), coalesce(score, ' ')
	    FROM delivery ORDER BY queue_id")
	[ "$have" = "$want" ] || fail "$name: $have"
}
check one_call mail.log,rspamd.log,clamav-milter.log
check other_order clamav-milter.log,rspamd.log,mail.log
check later mail.log rspamd.log clamav-milter.log
check sooner rspamd.log clamav-milter.log mail.log
check between rspamd.log mail.log clamav-milter.log

# The id is one that another server of ours answered with, and whose own log may
# be read later or never: it is the edge's message in every order, if the line
# names its Message-ID as well.
cat >"$dir/own.yaml" <<'END'
own_hosts: [198.51.100.1, 198.51.100.2]
END
line() { echo "2026-11-23T10:00:0$1+00:00 $2 postfix/$3[7]: $4: $5" >>"$dir/$2.log"; }
begins() { # HOST SECOND ID CLIENT
	line "$2" "$1" smtpd "$3" "client=$4"
	line "$2" "$1" cleanup "$3" 'message-id=<h1@example.com>'
	line "$2" "$1" qmgr "$3" 'from=<x@example.com>, size=100, nrcpt=1 (queue active)'
}
ends() { # HOST SECOND ID RELAY REPLY
	line "$2" "$1" smtp "$3" "to=<a@example.net>, relay=$4, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent ($5)"
	line "$2" "$1" qmgr "$3" removed
}
begins mx1 1 4F7A01251 'unknown[192.0.2.7]'
ends mx1 3 4F7A01251 'mx2.example.net[198.51.100.2]:25' '250 2.0.0 Ok: queued as 5B2C0AAAA'
begins mx2 2 5B2C0AAAA 'mx1.example.net[198.51.100.1]'
begins mx2 3 5B2C0CCCC 'localhost[127.0.0.1]'
ends mx2 3 5B2C0AAAA '127.0.0.1[127.0.0.1]:10024' '250 2.0.0 Ok: queued as 5B2C0CCCC'
ends mx2 4 5B2C0CCCC virtual 'delivered to maildir'
echo '2026-11-23T12:00:00+00:00 mx9 postfix/qmgr[9]: 5B2C0DDDD: removed' >"$dir/hours.log"
said() { # MESSAGE-ID
	echo "2026-11-23 10:00:02 #7(rspamd_proxy) <2f0925>; proxy; rspamd_task_write_log: id: <$1@example.com>, qid: <5B2C0AAAA>, ip: 198.51.100.1, from: <x@example.com>, (default: T (add header): [7.70/15.00] [LAB(7.50){}]), len: 458, time: 1.8ms, dns req: 4"
}
said h1 >"$dir/h1.log"
said other >"$dir/h2.log"
hop() { # VERDICT FILE...: one call each
	want=$1
	shift
	rm -f "$dir"/hop.db*
	for f; do
		"$heloflow" -c "$dir/own.yaml" --db "$dir/hop.db" import mail \
		    --host mx2 "$dir/$f.log" 2>/dev/null || fail "$*: $f"
	done
	have=$(sqlite3 "$dir/hop.db" "SELECT DISTINCT queue_id, coalesce(verdict, '')
	    FROM delivery WHERE queue_id <> '5B2C0DDDD'")
	[ "$have" = "4F7A01251|$want" ] || fail "hop: $*: $have"
}
for hours in '' hours; do
	# shellcheck disable=SC2086
	{
		hop spam mx1 mx2 $hours h1
		hop spam mx2 mx1 $hours h1
		hop spam mx1 h1 $hours mx2
		hop spam mx2 h1 $hours mx1
		hop spam h1 mx1 $hours mx2
		hop spam h1 $hours mx2 mx1
		hop spam mx1 $hours h1
		hop spam h1 $hours mx1
		hop '' mx1 $hours h2
		hop '' h2 $hours mx1
		hop spam h2 mx1 $hours mx2
	}
done

# A line of a filter that no rule knows is not ignored.
echo 'Nov 23 10:00:01 mx postgrey[7]: action=greylist, reason' >"$dir/odd"
"$heloflow" parse --year 2026 --stats "$dir/odd" 2>&1 | grep -q '"unparsed":1,' ||
	fail "an unknown line of postgrey was not counted as unparsed"
echo ok
