#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A filled store of an older program: it is migrated, says the same of the same
# day, is what the files make of a new store, and goes on where it was.
# tests/upgrade has the store as SQL, and the files it was made from.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cp "$root"/tests/upgrade/* "$d"
cd "$d"

who() { # STORE: who, as what, when, how much
	sqlite3 "$1" "SELECT day, customer, attributed_by, scope, class, kind,
	    flow_support, first_seen, last_seen, complaints,
	    json_extract(log, '\$.transactions'), json_extract(log, '\$.spam'),
	    json_extract(flow, '\$.client') FROM finding ORDER BY 1, 2"
}
for dump in store_*.sql.gz; do
	old=${dump%.sql.gz}.db
	zcat "$dump" | sqlite3 "$old"
	who "$old" >before
	grep -q '|confirmed|spam|seen|' before
	version=$(sqlite3 "$old" 'PRAGMA user_version')
	rc=0
	"$heloflow" --db "$old" findings >/dev/null 2>err || rc=$?
	[ $rc -ne 0 ] && grep -q "$old" err || {
		echo "$dump is not old: read as it is"
		exit 1
	}
	# Each figure of a finding is what it was, before anything is correlated again.
	cp "$old" is.db
	"$heloflow" --db is.db import lease leases.csv 2>/dev/null
	sqlite3 is.db "ATTACH '$old' AS was;
	    SELECT count(j.key) > 40, count(j.key) FILTER (
	             WHERE j.value IS NOT json_extract(iif(q.flow, n.flow, n.log), '\$.' || j.key))
	      FROM (SELECT day, customer, 0 AS flow, log AS figures FROM was.finding
	            UNION ALL SELECT day, customer, 1, flow FROM was.finding) q
	      JOIN finding n ON n.day = q.day AND n.customer = q.customer,
	           json_each(q.figures) j" >figures
	[ "$(cat figures)" = '1|0' ] || { echo "figures changed: $(cat figures)"; exit 1; }
	"$heloflow" --db "$old" correlate --all >/dev/null
	[ "$(sqlite3 "$old" 'PRAGMA user_version')" -gt "$version" ]
	[ "$(sqlite3 "$old" 'PRAGMA integrity_check')" = ok ]
	who "$old" | diff before -

	# The same files in a new store.
	new=new.db
	rm -f $new
	"$heloflow" --db $new import lease leases.csv 2>/dev/null
	"$heloflow" --db $new import flow flow.json 2>/dev/null
	"$heloflow" --db $new import mail mail.log 2>/dev/null
	"$heloflow" --db $new correlate --all >/dev/null
	for db in "$old" $new; do
		# but for the digest: an older program hashed a lease file otherwise
		"$heloflow" --db $db findings -o jsonl |
		    sed 's/"watermark":"\(.*\), [0-9a-f]*"/"watermark":"\1"/' >$db.findings
	done
	cmp "$old.findings" $new.findings
	sh "$root/tests/same_store.sh" "$old" $new

	# The log goes on: what was open is delivered.
	cp mail.log keep
	cat >>mail.log <<'END'
2026-11-23T14:00:00.000000+00:00 mx1 postfix/smtp[4]: 4cF010Xyz1: to=<x@example.org>, relay=mx.example.org[198.51.100.9]:25, delay=9, delays=0/0/0/9, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 78)
2026-11-23T14:00:00.000000+00:00 mx1 postfix/qmgr[3]: 4cF010Xyz1: removed
END
	for f in leases.csv flow.json mail.log; do
		case $f in *.csv) kind=lease ;; *.json) kind=flow ;; *) kind=mail ;; esac
		"$heloflow" --db "$old" import $kind $f 2>err
	done
	grep -q '^mail: 2 new lines in 1 files: 2 used' err
	[ "$(sqlite3 "$old" "SELECT disposition || time FROM delivery WHERE queue_id = '4cF010Xyz1'")" = delivered1795442400000000 ]
	[ "$(sqlite3 "$old" 'SELECT count(*) FROM lease')" = 7 ]
	[ "$(sqlite3 "$old" 'SELECT count(*) FROM smtp_sample')" = 6 ]
	mv keep mail.log
done

# Refusals for policy were failed recipients until schema 024: the sums of their
# hours are made again.
zcat policy_022.sql.gz | sqlite3 policy.db
[ "$(sqlite3 policy.db 'SELECT sum(failed) FROM mail_sum')" = 3 ]
"$heloflow" --db policy.db correlate --all >/dev/null
[ "$(sqlite3 policy.db 'SELECT sum(failed) FROM mail_sum')" = 2 ]
"$heloflow" --db new_policy.db import mail policy.log 2>/dev/null
"$heloflow" --db new_policy.db correlate --all >/dev/null
sh "$root/tests/same_store.sh" policy.db new_policy.db
for db in policy.db new_policy.db; do
	"$heloflow" --db $db findings -o jsonl |
	    sed 's/"watermark":"[^"]*"//' >$db.findings
done
cmp policy.db.findings new_policy.db.findings
