#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a page of explain must say, and must not.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
	echo "$*"
	cat "$work/page"
	exit 1
}
hf() {
	"$heloflow" -c "$work/heloflow.yaml" "$@"
}
page() { # FINDING [FLAGS]
	hf explain "$@" >"$work/page"
}
says() { # WORDS: a line of the page has them
	grep -qF -- "$1" "$work/page" || fail "missing: $1"
}
silent() {
	! grep -qF -- "$1" "$work/page" || fail "there is: $1"
}
# Spam of twenty strangers: HOUR ADDRESS LOGIN, as Exim with Debian's ACL logs it.
spam() {
	n=10
	while [ $n -lt 30 ]; do
		t="2026-11-10 $1:$n:00"
		id=1xQ$1A-0000$n-A0
		auth=
		[ "$3" = - ] || auth=" A=login:$3"
		echo "$t $id H=(pc) [$2]:40000 Warning: spam score 9.0 (+++++++++) from s$n@dom$n.example"
		echo "$t $id <= s$n@dom$n.example H=(pc) [$2]:40000 P=esmtpa$auth S=2000 id=m$n.$1@dom$n.example"
		echo "$t $id => u$n@r$n.example R=dnslookup T=remote_smtp H=mx.example.com [198.51.100.20] C=\"250 ok\""
		echo "$t $id Completed"
		n=$((n + 1))
	done
}
cat >heloflow.yaml <<X
store: hf.db
prefixes: [203.0.113.0/24]
accounts: {vic: VICTIM}
mail_sources: [{paths: exim.log, mta: exim, host: smtp}]
lease_sources: [{paths: leases.csv, format: csv}]
X
cat >leases.csv <<X
prefix,customer,from,until
203.0.113.10,OTHER,2026-11-10T00:00:00Z,2026-11-11T00:00:00Z
203.0.113.11,VICTIM,2026-11-10T00:00:00Z,2026-11-11T00:00:00Z
X
{
	spam 08 203.0.113.10 vic
	spam 09 198.51.100.77 VIC
	spam 10 203.0.113.11 vic
} >exim.log
"$heloflow" daily --day 2026-11-10 >/dev/null 2>&1 # the path that is stored is relative

# Whose password is to be reset, and who is not to blame.
page VICTIM
says '  vic from 203.0.113.10: 20 transactions, 20 of them spam or virus; the address was leased to OTHER then, who is not blamed for it'
says '  VIC from 198.51.100.77: 20 transactions, 20 of them spam or virus'
grep -q '  vic from 203.0.113.11: 20 transactions, 20 of them spam or virus$' page || fail 'his own address'

# From another folder, and where the file is now.
silent '(now in'
cd /
page VICTIM
says "exim.log:1 (now in $work/exim.log)"
says '| 2026-11-10 08:10:00 1xQ08A-000010-A0 H=(pc) [203.0.113.10]:40000 Warning: spam score 9.0'
cd "$work"
mv exim.log exim.log.1
page VICTIM
says 'exim.log:1 (now in exim.log.1)'
gzip exim.log.1
: >exim.log
page VICTIM
says 'exim.log:1 (now in exim.log.1.gz)'
silent 'has changed'
mkdir old
mv exim.log.1.gz old/november.gz
page VICTIM
says 'exim.log:1 (the file has changed since)'
"$heloflow" import mail old/november.gz 2>/dev/null
page VICTIM
says 'exim.log:1 (now in old/november.gz)'

# A line that is not the one that was read.
gunzip -c old/november.gz | sed '1s/1xQ08A-/1xQ08B-/; 5s/08:11:00/08:11:07/' >exim.log
rm -r old
page VICTIM
says 'exim.log:1 (the file has changed since)'
says 'exim.log:5 (the line has another time than the one that was read)'

# One page: what rules share stands once, and others are named.
[ "$(wc -l <page)" -le 80 ] || fail "$(wc -l <page) lines"
says '  and (--all) spam_flood, spam_helo, spam_spread'
[ "$(grep -c 'own_spam_share .* is asked' page)" -eq 1 ] || fail 'a threshold twice'
says '      own_spam_share as above'
says 'own_spam_messages 60 messages, at least 15 is asked'
says 'the sequential test was decided at'
silent 'theta0'
page --all VICTIM
says '  spam_spread: '
says 'theta0 0.02 and theta1 0.5' # doc/detection-rules.md

# What was not counted is no 0; nothing is told twice in two ways.
cat >heloflow.yaml <<X
store: other.db
day_timezone: Europe/Vienna
prefixes: [203.0.113.0/24]
mail_sources:
  - {paths: other.log, mta: exim, host: smtp, tz: America/New_York, clock_offset: 30s}
  - {paths: doubt.log, mta: exim, host: mx2, clock_error: 2h}
lease_sources: [{paths: leases.csv, format: csv}]
X
cat >leases.csv <<X
prefix,customer,from,until
203.0.113.20,SPAMMER,2026-11-10T12:00:00Z,2026-11-11T00:00:00Z
203.0.113.21,QUIET,,
203.0.113.22,FIRST,2026-11-10T00:00:00Z,2026-11-10T09:00:00Z
203.0.113.22,SECOND,2026-11-10T09:00:00Z,2026-11-11T00:00:00Z
X
{
	spam 08 203.0.113.20 -
	echo '2026-11-10 12:00:00 1xQ12A-000001-A0 <= a@example.org H=mail.example.org [203.0.113.21]:40000 P=esmtp S=2000 id=q1@example.org'
	echo '2026-11-10 12:00:01 1xQ12A-000001-A0 => b@example.net R=dnslookup T=remote_smtp H=mx.example.com [198.51.100.20] C="250 ok"'
	echo '2026-11-10 12:00:01 1xQ12A-000001-A0 Completed'
} >other.log
spam 08 203.0.113.22 - >doubt.log
hf daily --day 2026-11-10 >/dev/null 2>&1
page QUIET
says '  1 transactions, 1 whole messages to 1 recipients'
silent 'from 0 senders'
page 203.0.113.22
says '20 transactions are in doubt and count against nobody'
says 'of these filters called 20 spam and 0 a virus'
says 'nobody is named: the holder of the address is in doubt'
silent ' 0 spam'
silent 'named by'
page SPAMMER
says 'the clock of smtp is 30 s ahead (clock_offset): the times of this page are corrected'
says '  first  2026-11-10T13:09:30.000Z   (2026-11-10T14:09:30.000+01:00 Europe/Vienna)'
says '  2026-11-10T13:09:30.000Z (14:09:30) (the log has 08:10:00 America/New_York) spam by exiscan'
says '  2026-11-10T12:00:00.000Z (13:00:00) 203.0.113.20 was SPAMMER'"'"'s from 2026-11-10T12:00:00Z (13:00:00) until 2026-11-11T00:00:00Z (01:00:00)'
silent 'another time'
silent 'no filter called'
sqlite3 other.db "UPDATE finding_figure SET spam = 0 WHERE customer = 'SPAMMER'"
page SPAMMER
says '  - no filter called any message spam or a virus: the finding rests on figures alone'

# Whose senders come back after a week is a server that many share: in the first week
# nobody can tell, and a page that blames somebody says so.
shared() { # DAY: fifty messages of as many domains, some to nobody
	n=10
	while [ $n -lt 60 ]; do
		t="$1 12:$n:00"
		id=1y00${1#2026-11-}-0000$n-A0
		echo "$t $id <= s@d$n.${1#2026-11-}.example H=(web) [203.0.113.12]:40000 P=esmtp S=2000 id=m$n.$1@d$n.example"
		if [ $n -lt 18 ]; then
			echo "$t $id ** u$n@r$n.example R=dnslookup T=remote_smtp H=mx.example.com [198.51.100.20]: SMTP error from remote mail server after RCPT TO:<u$n@r$n.example>: 550 5.1.1 User unknown"
		else
			echo "$t $id => u$n@r$n.example R=dnslookup T=remote_smtp H=mx.example.com [198.51.100.20] C=\"250 ok\""
		fi
		echo "$t $id Completed"
		n=$((n + 1))
	done
}
cat >heloflow.yaml <<X
store: shared.db
prefixes: [203.0.113.0/24]
mail_sources: [{paths: shared.log, mta: exim, host: smtp}]
lease_sources: [{paths: web.csv, format: csv}]
X
cat >web.csv <<X
prefix,customer,from,until
203.0.113.12,WEB,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z
X
for day in 2026-11-12 2026-11-18 2026-11-20; do
	shared $day
done >shared.log
hf daily --day 2026-11-20 >/dev/null 2>&1
page 2026-11-18/WEB
says '  extrusion_new: A new sender domain'
says '- our logs begin 5 days before: a server that many share is known by senders that come back after a week'
page 2026-11-20/WEB
says '  extrusion_new: A new sender domain'
silent 'our logs begin'
