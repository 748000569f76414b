#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# In a simulated world the clock of one mail host is put 90 s ahead: findings
# change, check tells which clock it is and by how much, and with clock_offset
# the findings are what they were.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wno-format-truncation -o "$work/world_gen" \
    "$root"/tests/world/*.c -lm
"$work/world_gen" --seed 1 --days 3 --customers 800 --out "$work/w"
cd "$work/w"

run() {
	"$heloflow" -c heloflow.yaml "$@"
}
# Without the watermark, and how many different ones there were of whom no rule
# asks it: that hangs on the hours of the log.
findings() {
	run correlate >correlated
	run findings -o csv | sed -E 's/,[^,]*(,[^,]*,[^,]*,[^,]*)$/\1/
		s/""(distinct_recipients|recipient_domains|(canonical_)?senders|sender_domains|helos)"":(null|[0-9]+),//g'
}
clocks() {
	run check --since 2026-10-10 --until 2026-10-13 -o csv >page || rc=$?
	grep ',clock_flows,"core 192.0.2.2, smtp' page
}
run daily --day 2026-10-10 >/dev/null 2>&1
rc=0
findings >right
clocks >clock
[ "$(grep -c '^fine,' clock)" -eq 2 ] || { cat clock; exit 1; }

sqlite3 heloflow.db "UPDATE mail_message SET received = received + 90000000
    WHERE host = (SELECT id FROM name WHERE text = 'smtp2');
    DELETE FROM mail_sum;
    INSERT OR IGNORE INTO mail_sum_due SELECT hour, coalesce(client, 0) FROM mail_message"
run correlate --all >/dev/null
findings >wrong
! cmp -s right wrong
rc=0
clocks >clock
[ $rc -eq 3 ]
grep '^wrong,clock_flows,"core 192.0.2.2, smtp2",.*,core 192.0.2.2 is \(8[89]\|9[01]\)\.. s behind smtp2' clock |
    grep -q 'core 192.0.2.2 agrees with other clocks, so set that of smtp2 right' || { cat clock; exit 1; }

sed -i 's/\(host: smtp2, tz: Europe.Vienna\)/\1, clock_offset: 90s/' heloflow.yaml
findings >again
grep -q 2026-10-12 correlated # it saw by itself that there is something to do
diff right again >difference || { head -5 difference; exit 1; }
clocks >clock
grep '"core 192.0.2.2, smtp2"' clock | grep -q '^fine,.*, as clock_offset says' || { cat clock; exit 1; }
echo "clock_offset: $(wc -l <right) findings"
