#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A lease that was told wrong goes when its file is corrected: by itself where the
# file now gives its time to somebody else, else with --replace; all or nothing of
# it when killed on the way.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cd "$d"
must() { # TEXT FILE
	grep -qF -- "$1" "$2" || { echo "no \"$1\" in:"; cat "$2"; exit 1; }
}
rows() {
	sqlite3 "$1" "SELECT group_concat(customer || ' ' || substr(datetime(start / 1000000, 'unixepoch'), 9, 8), ', ')
	    FROM (SELECT * FROM lease ORDER BY first, start)"
}
is() { # WANTED
	[ "$(rows x.db)" = "$1" ] || { echo "not \"$1\": $(rows x.db)"; exit 1; }
}
load() {
	"$heloflow" --db x.db import lease "$@" 2>err || { cat err; exit 1; }
}

# The change of hands was at 10:30.
list() { # TIME
	printf 'prefix,customer,from,until\n'
	printf '203.0.113.50,A,2026-11-22T08:00:00Z,2026-11-23T%s:00Z\n' "$1"
	printf '203.0.113.50,B,2026-11-23T%s:30Z,\n' "$1"
}
list 09:20 >leases.csv
load leases.csv
list 10:30 >leases.csv
load "$d/leases.csv" # the same file
must '1 lease is taken back: the file had told of it, and says otherwise now' err
! grep -q 'at one time' err || { cat err; exit 1; }
is 'A 22 08:00, B 23 10:30'
load leases.csv
! grep -q 'taken back' err || { cat err; exit 1; }

# The next night's file of the same name has only what is new.
printf 'prefix,customer,from,until\n203.0.113.51,C,2026-11-24T01:00:00Z,\n203.0.113.50,D,2026-11-24T08:00:00Z,\n' >leases.csv
load leases.csv
! grep -q 'taken back' err || { cat err; exit 1; }
is 'A 22 08:00, B 23 10:30, D 24 08:00, C 24 01:00'

# Its times were in another zone, and C should not have been there.
printf 'prefix,customer,from,until\n203.0.113.50,D,2026-11-24 08:00:00,\n' >leases.csv
load --tz Europe/Berlin --replace leases.csv
must '4 leases are taken back: the file had told of them' err
is 'D 24 07:00'
load --tz Europe/Berlin --replace leases.csv
must 'no lease is taken back' err
rc=0
printf 'prefix,customer,from,until\n203.0.113.50,D,2026-11-24 08:00:00,\nbad,E,,\n' >leases.csv
"$heloflow" --db x.db import lease --replace leases.csv 2>err || rc=$?
[ $rc -eq 1 ] || { echo "exit $rc"; exit 1; }
must 'leases.csv: nothing is replaced: there are bad rows' err
is 'D 24 07:00'

# Killed at any moment: all of the old list, or all of the new one.
big() { # CUSTOMER START
	awk -v c="$1" -v t="$2" 'BEGIN {
		print "prefix,customer,from,until"
		for (i = 0; i < 60000; i++)
			printf "198.18.%d.%d,%s%d,%d,%d\n", i / 250 % 240, i % 250, c, i, t, t + 3000
	}'
}
big a 1795392000 >big.csv
"$heloflow" --db kill.db import lease big.csv 2>/dev/null
big b 1795393000 >big.csv
for ms in 020 100 200 300 400 600; do
	"$heloflow" --db kill.db import lease --replace big.csv 2>/dev/null &
	pid=$!
	sleep 0.$ms
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	n=$(sqlite3 kill.db "SELECT sum(customer LIKE 'a%') || ' ' || sum(customer LIKE 'b%') FROM lease")
	[ "$n" = '60000 0' ] || [ "$n" = '0 60000' ] || { echo "killed: $n"; exit 1; }
done
"$heloflow" --db kill.db import lease --replace big.csv 2>err
[ "$(sqlite3 kill.db "SELECT count(*), min(substr(customer, 1, 1)) FROM lease")" = '60000|b' ]
