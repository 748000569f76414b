#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Clocks: two hosts in one log, one of them a minute ahead, and single lines
# with stamps of another year change no record; nor does memory grow with a
# log behind such a line.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() {
	echo "clocks: $*"
	exit 1
}
# Messages of a host as "TRUE-TIME LINE"; its clock is AHEAD seconds ahead.
host() { # NAME AHEAD
	awk -v host="$1" -v ahead="$2" 'function say(at, text) {
	    s = at + ahead
	    printf "%09.3f 2026-11-23T10:%02d:%06.3fZ %s postfix/%s\n",
	        at, int(s / 60), s % 60, host, text }
	BEGIN { for (i = 0; i < 150; i++) {
	    t = 10 + i * 3; id = sprintf("4%s%04dZz", toupper(host), i)
	    who = "unknown[192.0.2." (i % 250) "]:4000"
	    say(t, "smtpd[" 100 + i "]: connect from " who)
	    say(t + .1, "smtpd[" 100 + i "]: " id ": client=" who)
	    say(t + .2, "cleanup[9]: " id ": message-id=<" i "@" host ".example>")
	    say(t + .3, "qmgr[8]: " id ": from=<a@example.com>, size=500, nrcpt=1 (queue active)")
	    say(t + .5, "smtpd[" 100 + i "]: disconnect from " who " ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5")
	    say(t + 2, "smtp[7]: " id ": to=<b@example.net>, relay=mx.example.net[198.51.100.9]:25, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)")
	    say(t + 2.1, "qmgr[8]: " id ": removed") } }'
}
records() { # FILE
	"$heloflow" parse "$1" 2>/dev/null |
	    jq -c 'del(.source, .offset, .line)' | sort
}
host mx1 0 >a
host mx2 65 >b
cut -c11- a >a.log
cut -c11- b >b.log
{ records a.log; records b.log; } | sort >want
[ "$(wc -l <want)" -eq 300 ] || fail "$(wc -l <want) records of 300"
sort a b | cut -c11- >both.log
records both.log >got
cmp -s want got || fail "two hosts: $(diff want got | head -4)"

for stamp in 2036-01-01T00:00:00Z 2026-12-03T00:00:00Z 1999-01-01T00:00:00Z; do
	for at in 1 2 40 700 1050; do
		awk -v at=$at -v stamp=$stamp 'NR == at {
		    print stamp " mx1 postfix/anvil[5]: statistics: max cache size 1 at Nov 23 10:00:00" }
		    { print }' a.log >one.log
		records a.log >alone
		records one.log >got
		cmp -s alone got || fail "$stamp before line $at: $(diff alone got | head -4)"
	done
done

# Days that are none are no stamps.
cat >days.log <<'END'
Nov 31 10:00:00 mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]
Feb 30 10:00:00 mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]
2026-02-29T10:00:00Z mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]
2100-02-29T10:00:00Z mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]
2028-02-29T10:00:00Z mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]
Feb 29 10:00:01 mx1 postfix/smtpd[1]: connect from unknown[192.0.2.1]
END
"$heloflow" parse --year 2028 --stats days.log 2>err >/dev/null || :
grep -q '"lines":6,"used":2,"ignored":0,"unparsed":4' err || fail "days: $(cat err)"

# A hundred thousand refusals behind a stamp of 2036.
{
	echo '2036-01-01T00:00:00Z mx1 postfix/smtpd[1]: connect from unknown[192.0.2.77]:99'
	awk 'BEGIN { for (i = 0; i < 100000; i++) {
	    s = i / 40
	    printf "2026-11-23T%02d:%02d:%06.3fZ mx1 postfix/smtpd[2]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]:4000: 554 5.7.1 <r%d@example.net>: Relay access denied; from=<a@example.com> to=<r%d@example.net> proto=ESMTP helo=<x>\n",
	        10 + int(s / 3600), int(s / 60) % 60, s % 60, i, i } }'
} >far.log
kb=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$heloflow" parse far.log)
[ "$kb" -lt 100000 ] || fail "$kb KB behind a stamp of 2036"
