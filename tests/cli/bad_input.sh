#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is no good input: a missing, empty or binary file, a directory, a cut
# gzip, a wrong key in the configuration, a store that cannot be written.  One
# clear message that names it, the documented exit code, and what was stored
# before stays as it was.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
n=0
bad=0

# EXIT_CODE TEXT COMMAND...: it exits so, with one line on stderr that says so.
expect() {
	want=$1 text=$2
	shift 2
	rc=0
	"$heloflow" "$@" >out 2>err </dev/null || rc=$?
	n=$((n + 1))
	said=$(grep -c "$text" err) || :
	if [ "$rc" != "$want" ] || [ "$said" != 1 ]; then
		echo "heloflow $*: exit $rc, wanted $want; no single line with '$text' in:"
		cat err
		bad=1
	fi
}
# All rows; the ledger may name an empty file that was looked at.
dump() { sqlite3 -readonly "$1" .dump | grep -v '^INSERT INTO ledger' | sha256sum; }

: >empty
mkdir folder
head -c 70000 "$heloflow" | tail -c 60000 | tr "\n\000" xy | fold -b -w 200 >binary
cp "$root/samples/logs/mx1/mail.log" whole.log
gzip -c whole.log | head -c 6000 >cut.gz
gzip -dc "$root/samples/flow/2026-11-23.pcap.gz" >whole.pcap
head -c 5000 whole.pcap >cut.pcap
gzip -c whole.pcap | head -c 9000 >cut.pcap.gz
cp "$root/samples/customers.csv" .

db=s.db
"$heloflow" --db $db import mail --year 2026 whole.log 2>err
"$heloflow" --db $db import lease customers.csv 2>err
before=$(dump $db)

for verb in parse 'import mail' 'import flow' 'import lease' flow-stats; do
	# shellcheck disable=SC2086
	{
		expect 1 'nothere: No such file or directory' --db $db $verb nothere
		expect 1 'folder: is a directory' --db $db $verb folder
	}
done
expect 0 'empty: no line in it' parse empty
expect 0 'empty: no line in it' --db $db import mail empty
expect 3 'empty: incomplete: it is empty' --db $db import flow empty
expect 3 'empty: incomplete: it is empty' flow-stats empty
expect 2 'empty: a line that names the columns is missing' --db $db import lease empty
expect 3 'binary: not one of its .* lines was understood' parse binary
expect 3 'binary: no flow format' --db $db import flow binary
expect 1 'binary: no flow format' flow-stats binary
expect 2 'binary: no lease format' --db $db import lease binary
[ "$(dump $db)" = "$before" ] || { echo 'bad input changed the store'; bad=1; }

# What can be read of a cut file is read; the rest comes with the whole file.
expect 3 'cut.gz: cut off or damaged; read up to there' parse --year 2026 cut.gz
[ -s out ] || { echo 'parse cut.gz: no record'; bad=1; }
expect 3 'cut.gz: cut off or damaged' --db t.db import mail --year 2026 cut.gz
expect 3 'cut.pcap: incomplete: ' --db u.db import flow cut.pcap
expect 3 'cut.pcap.gz: incomplete: ' --db u.db import flow cut.pcap.gz
"$heloflow" --db u.db import flow whole.pcap 2>err
"$heloflow" --db v.db import flow whole.pcap 2>err
for s in u.db v.db; do
	sqlite3 -readonly $s 'SELECT time, src_port, dst_port, flags, rate
	    FROM smtp_sample ORDER BY 1, 2, 3; SELECT sum(datagrams), sum(samples)
	    FROM flow_coverage' >$s.txt
done
cmp u.db.txt v.db.txt || { echo 'after a cut capture: not the same samples'; bad=1; }

# A file that is no flow file does not keep the next from being imported.
expect 3 '1 files (.* 1 files not imported' --db w.db import flow binary whole.pcap
mkdir captures
cp binary captures/1.pcap
cp whole.pcap captures/2.pcap
printf 'store: y.db\nflow_sources:\n  - paths: captures/*.pcap\n' >day.yaml
expect 3 'captures/1.pcap: no flow format' -c day.yaml daily
for s in w.db y.db; do
	[ "$(sqlite3 -readonly $s 'SELECT count(*) FROM smtp_sample')" = \
	    "$(sqlite3 -readonly v.db 'SELECT count(*) FROM smtp_sample')" ] ||
		{ echo "$s: not all samples of the good file"; bad=1; }
done

# Configuration: file and line.
printf 'store: x.db\nstroe: y.db\n' >wrong.yaml
printf 'store: x.db\nprefixes:\n  - 203.0.113.300/24\n' >value.yaml
printf 'store: [\n' >broken.yaml
for verb in 'config check' daily findings correlate; do
	# shellcheck disable=SC2086
	{
		expect 2 "wrong.yaml:2: unknown key 'stroe'" -c wrong.yaml $verb
		expect 2 'value.yaml:3: ' -c value.yaml $verb
		expect 2 'broken.yaml:2: ' -c broken.yaml $verb
		expect 2 'none.yaml: No such file' -c none.yaml $verb
	}
done
[ ! -e x.db ] || { echo 'a wrong configuration made a store'; bad=1; }

# Times that contradict each other or that are none, one message for all.
both='or --since, but not both'
for verb in findings compare check coverage; do
	expect 2 "or --until, but not both" --db v.db $verb --day 2026-11-23 --until 2026-11-24
	expect 2 "day $both" --db v.db $verb --since 2026-11-23 --day 2026-11-23
done
expect 2 "month $both" --db v.db actions --month 2026-11 --since 2026-11-23
expect 2 'day or --all, but not both' --db v.db correlate --all --day 2026-11-23
expect 2 '"2026-13-10" is no day' --db v.db explain 2026-13-10/X
expect 1 'no finding "2026-12-10/X"' --db v.db explain 2026-12-10/X
expect 2 'has not begun yet' --db v.db check --day "$(date -u -d '3 days' +%F)"
expect 2 'from is after --to' --db v.db rules test --from 2026-11-24 --to 2026-11-23
cat >share.yaml <<X
rule: share
summary: For the test
kind: spam
scope: [customer]
when:
  - {metric: spam_share, unit: share, at_least: 1.5, source: ours}
X
expect 2 'share.yaml:6: a share is a number from 0 to 1' --db v.db rules test share.yaml
sed -i 's/at_least: 1.5/at_least: -1/' share.yaml
expect 2 'share.yaml:6: a threshold is no negative number' --db v.db rules test share.yaml

# The store.
expect 1 'none.db: no such store' --db none.db case X seen
[ ! -e none.db ] || { echo 'a case in a mistyped --db made a store'; bad=1; }
expect 1 'none.db: no such store' --db none.db findings
expect 1 'folder: is a folder, not a store' --db folder findings
expect 1 'whole.log: not a HeloFlow store' --db whole.log findings
expect 1 'whole.log: not a HeloFlow store' --db whole.log import mail cut.gz
sqlite3 other.db 'CREATE TABLE t(x)'
expect 1 'other.db: an SQLite database, but not a HeloFlow store' --db other.db import mail cut.gz
# Root writes everywhere, so another user tries; who may not enter our folder.
as=
if [ "$(id -u)" = 0 ]; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chmod 755 "$work"
fi
mkdir ro share
cp "$heloflow" share/heloflow
cp -R "$root/schema" "$root/rules" "$root/parsers" share
HELOFLOW_DATADIR=$work/share
export HELOFLOW_DATADIR
cp v.db ro/store
chmod 444 ro/store
chmod 555 ro
rc=0
# shellcheck disable=SC2086
$as share/heloflow --db ro/store import mail --year 2026 whole.log 2>err || rc=$?
if [ $rc != 1 ] || ! grep -q 'ro/store: .*read-only' err; then
	echo "read-only store: exit $rc"
	cat err
	bad=1
fi
# shellcheck disable=SC2086
if ! $as share/heloflow --db ro/store coverage >out 2>err || ! grep -q 192.0.2.1 out; then
	echo 'read-only store: cannot be read'
	cat err
	bad=1
fi
unset HELOFLOW_DATADIR

# A day with a source that is a folder goes on without it; a store without a
# correlated day is no failure.
cp -R "$root/samples/logs" "$root/samples/flow" "$root/samples/accounts.csv" "$root/samples/heloflow.yaml" .
chmod -R u+w logs flow
rm logs/relay/mail.log
mkdir logs/relay/mail.log
expect 3 'WARNING: mail logs/relay/mail.log: Is a directory' -c heloflow.yaml --db day.db daily --day 2026-11-23
grep -q 'C-1024 .*seen' out || { echo 'daily: no findings in:'; cat out; bad=1; }
"$heloflow" init new 2>err >out
expect 0 'no day was correlated yet' --db new/heloflow.db chart customers -j
[ "$(tr -d '\n' <out)" = '[]' ] || { echo 'chart of nothing:'; cat out; bad=1; }

# Nowhere to write to.
for words in --help 'list outputs' "--db v.db coverage"; do
	rc=0
	# shellcheck disable=SC2086
	"$heloflow" $words >/dev/full 2>err || rc=$?
	[ $rc = 1 ] && grep -q 'cannot write' err && continue
	echo "heloflow $words, disk full: exit $rc"
	bad=1
done

# The words.
expect 2 'no verb "bogus"' bogus
expect 2 'import needs a second word' import
expect 2 'no such flag --bogus' findings --bogus
expect 2 'no parser "nomta"' parse --mta nomta whole.log
expect 2 'no time zone "Mars/Olympus"' parse --tz Mars/Olympus whole.log
echo "bad_input: $n calls"
exit $bad
