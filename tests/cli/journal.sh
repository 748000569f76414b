#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The journal's JSON and export formats give the records that the same lines
# give as syslog, every line is counted, and an import takes up where it was.
set -e
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
fail() { echo "journal: $*"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/convert.py" <<'PY'
import datetime, json, re, struct, sys
form, out = sys.argv[1], sys.stdout.buffer
head = re.compile(rb'(\w\w\w +\d+ [\d:]+|\S+) (\S+) ([^\s\[:]+)(?:\[(\d+)\])?: (.*)', re.S)
for n, raw in enumerate(sys.stdin.buffer.read().split(b'\n')[:-1]):
    stamp, host, tag, pid, text = head.match(raw).groups()
    stamp, utc = stamp.decode(), datetime.timezone.utc
    if ' ' in stamp:
        t = datetime.datetime.strptime('2026 ' + stamp, '%Y %b %d %H:%M:%S').replace(tzinfo=utc)
    else:
        t = datetime.datetime.fromisoformat(stamp)
    us = (t - datetime.datetime.fromtimestamp(0, utc)) // datetime.timedelta(microseconds=1)
    fields = [('__CURSOR', b's=1;i=%x' % n), ('__REALTIME_TIMESTAMP', b'%d' % us),
              ('_TRANSPORT', b'syslog'), ('SYSLOG_IDENTIFIER', tag), ('_HOSTNAME', host),
              ('MESSAGE', text)] + ([('SYSLOG_PID', pid)] if pid else []) + [('_COMM', b'x')]
    if form == 'json':
        d = {}
        for k, v in fields:
            try:
                d[k] = v.decode()
            except UnicodeDecodeError:
                d[k] = list(v)
        out.write(json.dumps(d, ensure_ascii=n % 2 == 0).encode() + b'\n')
        continue
    for k, v in fields:
        if k == 'MESSAGE' and (n % 5 == 0 or re.search(rb'[\0-\x1f\x7f-\xff]', v)):
            out.write(k.encode() + b'\n' + struct.pack('<Q', len(v)) + v + b'\n')
        else:
            out.write(k.encode() + b'=' + v + b'\n')
    out.write(b'\n')
PY

facts() {
	"$heloflow" parse --year 2026 --stats "$@" 2>"$dir/stats" |
	    sed -E 's/,"source":.*//' | sort
	grep -c '"unparsed":0' "$dir/stats"
}
for log in postfix/amavis sendmail/milter exim/syslog; do
	xz -dc "tests/lab/$log/mail.log.xz" >"$dir/log"
	facts "$dir/log" >"$dir/want"
	test "$(wc -l <"$dir/want")" -gt 100
	for form in json export; do
		python3 "$dir/convert.py" $form <"$dir/log" >"$dir/$form"
		facts "$dir/$form" >"$dir/have"
		cmp "$dir/want" "$dir/have" || fail "$log as $form"
	done
	lines=$(wc -l <"$dir/export")
	"$heloflow" parse --stats "$dir/export" 2>&1 >/dev/null |
	    grep -q "\"lines\":$lines," || fail "$lines lines are not all counted"
done

# In halves that cut an entry: the second run takes up where it was cut.
db=$dir/store
size=$(wc -c <"$dir/export")
cp "$dir/export" "$dir/whole"
for n in $((size / 2 + 1)) $((size / 2 + 700)) "$size"; do
	head -c "$n" "$dir/whole" >"$dir/export"
	"$heloflow" --db "$db" import mail "$dir/export" 2>/dev/null
done
"$heloflow" --db "$dir/store2" import mail "$dir/whole" 2>/dev/null
for s in "$db" "$dir/store2"; do
	sqlite3 "$s" 'SELECT message_key, time, recipient, disposition, reply,
	    verdict, "offset" FROM delivery ORDER BY 1, 2, 3' >"$s.out"
done
cmp "$db.out" "$dir/store2.out" || fail "two halves differ from the whole"
echo ok
