#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disconnect that comes before the queue manager's line, and a run that ends
# between the two: the message was delivered, and so it is on record.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
p='2026-11-23T10:00:00' h='00Z mx1 postfix'
cat >whole.log <<END
$p.1$h/smtpd[100]: connect from unknown[192.0.2.1]:4000
$p.2$h/smtpd[100]: 4AAAAAAAAA: client=unknown[192.0.2.1]:4000
$p.5$h/smtpd[100]: disconnect from unknown[192.0.2.1]:4000 ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
$p.3$h/cleanup[101]: 4AAAAAAAAA: message-id=<m@example.com>
$p.4$h/qmgr[9]: 4AAAAAAAAA: from=<a@example.com>, size=500, nrcpt=1 (queue active)
$p.8$h/smtp[102]: 4AAAAAAAAA: to=<b@example.net>, relay=mx.example.net[198.51.100.9]:25, delay=0.6, delays=0.1/0/0.2/0.3, dsn=2.0.0, status=sent (250 2.0.0 Ok)
$p.9$h/qmgr[9]: 4AAAAAAAAA: removed
END
ask() { # STORE
	sqlite3 "$1" "SELECT queue_id, client_addr, sender, recipient, disposition, reply
	    FROM delivery"
}
want='4AAAAAAAAA|192.0.2.1|a@example.com|b@example.net|delivered|250'
"$heloflow" --db whole.db import mail whole.log 2>/dev/null
[ "$(ask whole.db)" = "$want" ] || { echo "whole: $(ask whole.db)"; exit 1; }
for n in 1 2 3 4 5 6; do
	head -n "$n" whole.log >mail.log
	"$heloflow" --db "cut$n.db" import mail mail.log 2>/dev/null || :
	cp whole.log mail.log
	"$heloflow" --db "cut$n.db" import mail mail.log 2>/dev/null
	[ "$(ask "cut$n.db")" = "$want" ] ||
	    { echo "cut after $n lines: $(ask "cut$n.db")"; exit 1; }
done
