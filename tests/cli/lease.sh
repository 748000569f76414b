#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Leases by the whole program: a detail file of 20,000 sessions, killed on the
# way and read again, grown, and read in parts, makes the same store; every
# format is told by its content; overlaps are said.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cd "$d"

# Session s of address s % 2000: a start, an interim update, a stop (but for
# every 97th), each session after the one before it on the address.
awk 'function packet(s, what, t, lasted) {
	printf "Mon Nov 23 08:00:00 2026\n\tAcct-Status-Type = %s\n", what
	printf "\tAcct-Session-Id = \"%08X\"\n\tUser-Name = \"c%d\"\n", s, s % 777
	printf "\tNAS-IP-Address = 192.0.2.%d\n", 1 + s % 4
	printf "\tFramed-IP-Address = 198.18.%d.%d\n", (s % 2000) / 250, s % 250
	if (lasted)
		printf "\tAcct-Session-Time = %d\n", lasted
	printf "\tTimestamp = %d\n\n", t
}
BEGIN {
	for (round = 0; round < 10; round++)
		for (step = 0; step < 3; step++)
			for (a = 0; a < 2000; a++) {
				s = round * 2000 + a
				t = 1795392000 + round * 8000 + a % 500
				if (step == 0)
					packet(s, "Start", t, 0)
				if (step == 1)
					packet(s, "Interim-Update", t + 3000, 3000)
				if (step == 2 && s % 97)
					packet(s, "Stop", t + 6000, 6000)
			}
}' >detail

dump() {
	sqlite3 "$1" "SELECT hex(first), hex(last), start, \"end\", lapse, seen,
	    fresh, customer, source, clock_error, session, nas FROM lease
	    ORDER BY 1, 3, 8"
}
quiet() {
	"$heloflow" "$@" 2>err || { cat err; exit 1; }
}

quiet --db whole.db import lease detail
grep -q '59793 rows: 59793 leases, 20000 of them new, 0 ignored, 0 bad' err
dump whole.db >whole

# Killed at any moment, then read again.
for ms in 10 30 60 100 200 400; do
	"$heloflow" --db killed.db import lease detail 2>/dev/null &
	pid=$!
	sleep 0.$(printf %03d $ms)
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
done
quiet --db killed.db import lease detail
dump killed.db | cmp - whole
quiet --db killed.db import lease detail
grep -q ' 0 of them new' err
dump killed.db | cmp - whole

# A file that grows; cut in the middle of a packet it says so.
head -c 3000001 detail >growing
rc=0
"$heloflow" --db grown.db import lease growing 2>err || rc=$?
[ $rc -eq 3 ] || { echo "cut file: exit $rc"; exit 1; }
grep -q 'has no empty line behind it' err
mv growing old
cp detail growing
quiet --db grown.db import lease growing
sqlite3 grown.db "UPDATE lease SET source = replace(source, 'growing', 'detail')"
dump grown.db | cmp - whole

# Every format by its content.
printf 'address,hwaddr,client_id,valid_lifetime,expire,state\n192.0.2.1,a,,60,1795392060,0\n' >kea
printf 'lease 192.0.2.2 { starts epoch 1795392000; ends never; hardware ethernet a; }\n' >dhcpd
printf 'public_address,ports,from,customer\n192.0.2.3,1-9,1795392000,a\n' >cgnat
printf 'acctsessionid,username,acctstarttime,acctstoptime,framedipaddress\n1,a,1795392000,,192.0.2.4\n' >radacct
printf 'prefix,customer,from,until\n192.0.2.5,a,2026-11-01,2026-12-01\n' >csv
quiet --db all.db import lease kea dhcpd cgnat radacct csv
[ "$(sqlite3 all.db 'SELECT count(DISTINCT first) FROM lease')" = 5 ]

# Two customers at one time.
printf 'prefix,customer,from\n192.0.2.5,b,2026-11-23\n' >other
quiet --db all.db import lease other
grep -q '^1 pairs of leases give an address to two customers' err
grep -q '  192.0.2.5: a (csv:2) and b (other:2), 2026-11-23T00:00:00.000Z until 2026-12-01T00:00:00.000Z' err

# What it is not, and what it could be twice.
printf 'prefix,customer,public_address,from\n' >twice
rc=0
"$heloflow" --db all.db import lease twice 2>err || rc=$?
[ $rc -eq 2 ] && grep -q 'twice: could be csv or cgnat; say which' err
"$heloflow" list lease-sources -o csv | grep -q '^radius-detail,'
