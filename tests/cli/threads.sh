#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a correlation finds does not depend on how many threads share it, nor on
# runs that were killed; and a run that fails says why, once.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
day=2026-10-10
${CC:-cc} -O1 -D_GNU_SOURCE -o gen "$root/tests/bench/correlate_gen.c" -lsqlite3 -lm
for n in 1 2 3; do
	cat >"$n.yaml" <<YAML
prefixes: [10.0.0.0/8, 100.64.0.0/10]
threads: $n
flow_sources:
  - paths: [none]
    agents:
      - {address: 192.0.2.250, name: core, vantage: internal}
YAML
done
printf 'prefix,customer\n192.0.2.0/32,nobody\n' >lease.csv
"$heloflow" --db made import lease --format csv lease.csv 2>/dev/null
./gen made 60000 >/dev/null
# Who logs in from elsewhere, where for some hours a customer has a lease: no lease
# tells who it was then, nor does the address.
sqlite3 made "
CREATE TEMP TABLE guest AS SELECT id, bytes FROM addr WHERE text LIKE '198.18.%' ORDER BY id LIMIT 60;
INSERT INTO name (id, text) SELECT 90000000 + id, 'login' || id FROM guest;
INSERT INTO lease (first, last, start, \"end\", customer, source, clock_error)
SELECT bytes, bytes, unixepoch('$day 08:00') * 1000000, unixepoch('$day 12:30') * 1000000,
       'guest' || (id % 40), 'leases', 5000000 FROM guest;
UPDATE mail_message SET auth_user = 90000000 + client
 WHERE client IN (SELECT id FROM guest) AND id % 3 > 0;"
dump() { # STORE
	for table in finding finding_addr finding_rule finding_role finding_taken \
	    finding_sprt finding_evidence flow_day reported daily correlation_run; do
		sqlite3 -readonly "$1" "SELECT '$table', * FROM $table"
	done
}
for n in 1 2 3; do
	cp made "by$n"
	"$heloflow" -c "$n.yaml" --db "by$n" correlate --day $day >/dev/null
	dump "by$n" >"dump$n"
	cmp dump1 "dump$n" || { echo "$n threads find something else than one"; exit 1; }
done
for who in 'confirmed|' '|login[0-9]*|' '|guest[0-9]*|'; do
	grep -q "^finding|.*$who" dump1 || { echo "nobody is $who"; exit 1; }
done

# Killed, at ever later moments, until a run comes to its end.
cp made killed
dump killed >none
pid=
for ms in 005 02 05 1 2 3 4 5 7 9; do
	"$heloflow" -c 3.yaml --db killed correlate --day $day >/dev/null 2>&1 &
	pid=$!
	sleep "0.$ms"
	kill -9 $pid 2>/dev/null || :
	wait $pid 2>/dev/null || :
	dump killed >now
	cmp -s now none || cmp -s now dump1 ||
	    { echo "killed after 0.$ms s, the day is neither as before nor as found"; exit 1; }
done
"$heloflow" -c 3.yaml --db killed correlate --day $day >/dev/null
dump killed >now
cmp dump1 now || { echo "after kills the day is another one"; exit 1; }
[ "$(sqlite3 killed 'PRAGMA integrity_check')" = ok ] || { echo "the store is damaged"; exit 1; }

# All workers fail: one message.
rc=0
cp -r "$root/schema" "$root/rules" "$root/parsers" .
echo 'SELECT x FROM nowhere;' >>schema/correlate/40_metrics.sql
HELOFLOW_DATADIR=$work "$heloflow" -c 3.yaml --db by3 correlate --day $day >/dev/null 2>err || rc=$?
[ $rc -eq 1 ] && [ "$(grep -c 'no such table: nowhere' err)" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] ||
    { echo "exit $rc: $(cat err)"; exit 1; }
dump by3 >now
cmp dump1 now || { echo "a run that failed has changed the day"; exit 1; }

for bad in 0 17 -1 two; do
	echo "threads: $bad" >bad.yaml
	rc=0
	"$heloflow" -c bad.yaml --db by3 correlate --day $day >/dev/null 2>err || rc=$?
	[ $rc -eq 2 ] && grep -q 'bad.yaml:1' err || { echo "threads $bad: exit $rc, $(cat err)"; exit 1; }
done
