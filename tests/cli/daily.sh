#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the screen of daily says of a customer whom a rule confirmed without a
# verdict of any filter.
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
says() { # WORDS: a line of the page has them
	grep -qF -- "$1" "$work/page" || fail "missing: $1"
}
cat >heloflow.yaml <<X
store: hf.db
prefixes: [203.0.113.0/24]
mail_sources: [{paths: mail.log, mta: postfix, tz: UTC, year: 2026}]
lease_sources: [{paths: leases.csv, format: csv}]
X
cat >leases.csv <<X
prefix,customer,from,until
203.0.113.10,GUESSER,2026-11-10T00:00:00Z,2026-11-11T00:00:00Z
X
n=10
while [ $n -lt 70 ]; do
	echo "Nov 10 08:$((n - 10)):00 mx1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.10]: 550 5.1.1 <u$n@example.net>: Recipient address rejected: User unknown in virtual mailbox table; from=<a@x.example> to=<u$n@example.net> proto=ESMTP helo=<pc>"
	n=$((n + 1))
done | sed 's/ 08:\([0-9]\):/ 08:0\1:/' >mail.log
"$heloflow" daily --day 2026-11-10 >page 2>/dev/null
says 'CONFIRMED: by how it sends, without a verdict of a filter'
says '  GUESSER         lease       not_visible                60   08:00  08:59  rule dictionary: distinct_unknown 60 >= 50, unknown_share 1 >= 0.5'
! grep -q 'sends spam$' page || fail 'no filter said spam'
