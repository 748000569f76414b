#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sessions whose Stop was lost.  Updates of A and B came every ten minutes; A's
# ended at 00:20, B's went on (one was lost).  C's server writes none.  Spam of
# all three at 18:00: A's may be of whoever had the address next, and is nobody's.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cd "$d"

awk 'function packet(s, nas, who, addr, what, m) {
	printf "Mon Nov 23 00:00:00 2026\n\tAcct-Status-Type = %s\n", what
	printf "\tAcct-Session-Id = \"%s\"\n\tUser-Name = \"%s\"\n", s, who
	printf "\tNAS-IP-Address = 192.0.2.%d\n", nas
	printf "\tFramed-IP-Address = 203.0.113.%d\n", addr
	printf "\tTimestamp = %d\n\n", 1795392000 + 60 * m
}
BEGIN {
	packet(1, 250, "A", 50, "Start", 0)
	packet(2, 250, "B", 51, "Start", 0)
	packet(3, 251, "C", 52, "Start", 0)
	for (m = 10; m <= 1070; m += 10) {
		if (m <= 20)
			packet(1, 250, "A", 50, "Interim-Update", m)
		if (m != 600)
			packet(2, 250, "B", 51, "Interim-Update", m)
	}
}' >radius.detail
awk 'function line(t, what) {
	printf "2026-11-23T%s+00:00 mx1 postfix/%s\n", t, what
}
BEGIN {
	for (a = 50; a <= 52; a++)
		for (i = 0; i < 20; i++) {
			t = sprintf("18:%02d:00.000000", i)
			id = sprintf("A%02d%04d", a, i)
			c = sprintf("unknown[203.0.113.%d]:%d", a, 20000 + i)
			line(t, "smtpd[1]: connect from " c)
			line(t, "smtpd[1]: " id ": client=" c)
			line(t, "cleanup[2]: " id ": message-id=<" id "@x.example>")
			line(t, "cleanup[2]: " id ": milter-reject: END-OF-MESSAGE from " c \
			    ": 5.7.1 Spam message rejected; from=<s" i "@sp" i \
			    ".example> to=<v" i "@o" i ".example> proto=ESMTP helo=<x" i ">")
			line(t, "smtpd[1]: disconnect from " c)
		}
}' | sort -s -k1,1 >mail.log
cat >heloflow.yaml <<'YAML'
store: heloflow.db
prefixes: [203.0.113.0/24]
mail_sources:
  - {paths: mail.log, host: mx1}
lease_sources:
  - {paths: radius.detail, format: radius-detail}
YAML

must() { # TEXT FILE
	grep -qF -- "$1" "$2" || { echo "no \"$1\" in:"; cat "$2"; exit 1; }
}
"$heloflow" daily --day 2026-11-23 >daily 2>&1 || { cat daily; exit 1; }
sqlite3 heloflow.db 'SELECT customer, class FROM finding ORDER BY 1' >classes
[ "$(tr '\n' ' ' <classes)" = '203.0.113.50|ambiguous B|confirmed C|confirmed ' ] ||
	{ cat classes; exit 1; }
must 'lease_silent: the session had not been heard of for long' daily
"$heloflow" explain 203.0.113.50 >a
must "was A's from 2026-11-23T00:00:00Z, no end was told; last heard of at 2026-11-23T00:20:00Z; believed until 2026-11-24T00:20:00Z (grace 24 h), but in doubt, for silent, from 2026-11-23T01:20:00Z" a
must "- no end of A's lease of 203.0.113.50 was told: it was last heard of at 2026-11-23T00:20:00Z, and this goes on until 2026-11-23T18:19:00Z; its updates come every 10 min" a
"$heloflow" explain B >b
must 'last heard of at 2026-11-23T17:50:00Z; believed until 2026-11-24T17:50:00Z (grace 24 h), but' b
# A guess is told as one, and only a guess.
"$heloflow" trace 203.0.113.50 --as client >trace 2>&1
must ", until 2026-11-24T00:20:00.000Z, as is believed: no end was told, and it was last heard of at 2026-11-23T00:20:00Z" trace
"$heloflow" explain C >c
must 'last heard of at 2026-11-23T00:00:00Z; believed until 2026-11-24T00:00:00Z (grace 24 h), clock' c
must "- no end of C's lease of 203.0.113.52 was told: it was last heard of at 2026-11-23T00:00:00Z, and this goes on until 2026-11-23T18:19:00Z; no interval of its updates is known" c
"$heloflow" check --day 2026-11-23 >check || :
must 'radius.detail: of 2 of 3 leases no end was told' check
# C's lapses with the day, not in it.
must '2 of these fell silent' check
