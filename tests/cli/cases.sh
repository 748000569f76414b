#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Cases: their states follow from findings and from what the desk does, round
# by round, and the sums of a month from these.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$heloflow" init . >/dev/null 2>&1
db=$work/store.db
"$heloflow" --db "$db" import mail /dev/null >/dev/null 2>&1 || :

fail() {
	echo "$*"
	exit 1
}
same() { # NAME WANT GOT
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}
hf() {
	"$heloflow" --db "$db" "$@"
}
# A confirmed day: CUSTOMER DAY FROM UNTIL [SCOPE [CLASS]], times of that day.
found() {
	sqlite3 "$db" "INSERT INTO finding_figure (day, customer, attributed_by, scope, class,
	  kind, first_seen, last_seen, complaints, confidence, reason) VALUES (
	  (SELECT julianday('$2') - julianday('1970-01-01')), '$1', 'lease',
	  '${5:-customer}', '${6:-confirmed}', 'spam',
	  strftime('%s', '$2 $3') * 1000000, strftime('%s', '$2 $4') * 1000000, 0, 0.6, 'by hand')"
}
state() { # CUSTOMER: "state round days" of each case, oldest first
	hf cases -o jsonl | jq -r "select(.customer == \"$1\")
	    | \"\(.round) \(.state) \(.days_active)\"" | sort | paste -sd, -
}
refused() { # EXIT WORDS ARGS...
	want=$1 words=$2
	shift 2
	rc=0
	hf "$@" >out 2>err || rc=$?
	[ $rc -eq "$want" ] && grep -q "$words" err ||
	    fail "$*: exit $rc, $(cat err)"
}

found c1 2024-10-01 08:00 09:00
found c1 2024-10-02 08:00 09:00
found c2 2024-10-02 10:00 18:00
found c3 2024-10-02 10:00 18:00 remote
found c4 2024-10-02 10:00 18:00 customer below_threshold
same new '1 new 2' "$(state c1)"
same 'no case of others' '' "$(state c3)$(state c4)"

# --new: the first day of a case, and not the second.
news() {
	hf findings --new --day "$1" -o jsonl | jq -r .customer | sort | paste -sd, -
}
same 'new on the 1st' c1 "$(news 2024-10-01)"
same 'new on the 2nd' c2 "$(news 2024-10-02)"

refused 1 'no case of' case c3 seen
refused 1 'opened later' case c1 seen --time 2024-09-30T00:00:00Z
refused 1 'is open' case c1 reopened
# Fixed tomorrow would keep what is found until then from reopening.
refused 2 'still to come' case c1 fixed --time "$(date -u -d tomorrow +%FT%TZ)"
[ "$(hf case c1 | head -1)" = 'c1: new, round 1' ] || fail "$(hf case c1)"
refused 2 'there is no' case c1 nonsense
hf case c1 seen --time 2024-10-02T12:00:00Z --who anna
same seen '1 seen 2' "$(state c1)"
hf case c1 fixed --time 2024-10-03T08:00:00Z --cause bot
same fixed '1 fixed 2' "$(state c1)"
refused 1 'is closed' case c1 seen

# What is read late, but happened before the fix, reopens nothing.
found c1 2024-10-03 06:00 07:00
same 'late logs' '1 fixed 3' "$(state c1)"
# What happened after it does: a new round, until somebody looks.
found c1 2024-10-04 06:00 07:00
same reopened '1 fixed 3,2 reopened 1' "$(state c1)"
same 'new again' c1 "$(news 2024-10-04)"
same 'state of a finding' reopened \
    "$(hf findings --day 2024-10-04 -o jsonl | jq -r .case_state)"
same 'state of an old one' fixed \
    "$(hf findings --day 2024-10-01 -o jsonl | jq -r .case_state)"
hf case c1 warned --time 2024-10-05T00:00:00Z
same 'seen again' '1 fixed 3,2 seen 1' "$(state c1)"
# A day over the time of a fix is in both rounds.
hf case c2 fixed --time 2024-10-02T14:00:00Z --cause 'open relay'
same 'over a fix' '1 fixed 1,2 reopened 1' "$(state c2)"
hf case c2 innocent --time 2024-10-06T00:00:00Z
same innocent '1 fixed 1,2 innocent 1' "$(state c2)"
hf case c2 reopened --time 2024-10-07T00:00:00Z
same 'by hand' '1 fixed 1,2 innocent 1,3 reopened 0' "$(state c2)"

# A day that is correlated again and finds nothing takes its case with it.
found c5 2024-10-02 10:00 18:00
same 'case of a finding' '1 new 1' "$(state c5)"
sqlite3 "$db" "DELETE FROM finding_figure WHERE customer = 'c5'"
same 'no finding, no case' '' "$(state c5)"

# October: opened c1 twice, c2 three times; c1 fixed after 48 h, c2 after 4 h.
same sums '0 5 3 2 1 2 4 48' "$(hf actions --month 2024-10 -j | jq -r '[.open_before,
    .opened, .reopened, .fixed, .innocent, .open_after, .hours_to_fix_median,
    .hours_to_fix_p90] | map(tostring) | join(" ")')"
same causes 'bot 1,open relay 1' "$(hf actions --month 2024-10 -j |
    jq -r '.actions[] | select(.action == "fixed") | "\(.cause) \(.times)"' |
    sort | paste -sd, -)"
same 'the month after' '2 0 2' "$(hf actions --month 2024-11 -j |
    jq -r '"\(.open_before) \(.opened) \(.open_after)"')"
refused 2 'not YYYY-MM' actions --month 2024-13
refused 2 'not YYYY-MM' actions --month october
same history 'confirmed confirmed seen confirmed fixed confirmed warned' \
    "$(hf case c1 -o jsonl | jq -r .what | paste -sd' ' -)"

# A day without any log is no zero: it is in no rate, and the rows say so.
run_of() { # DAY MAIL-HOURS
	sqlite3 "$db" "INSERT INTO correlation_run (day, day_start, day_end, timezone, watermark,
	    parameters, imports, mail_hours, flow_hours, hours, messages, unattributed, ambiguous,
	    flow_uncovered)
	  VALUES ((SELECT julianday('$1') - julianday('1970-01-01')), strftime('%s', '$1') * 1000000,
	    strftime('%s', '$1', '+1 day') * 1000000, 'UTC', '', '', '{}', $2, 0, 24, 0, 0, 0, 0)"
}
same 'no day with logs' '0 31 null null' "$(hf actions --month 2024-10 -j |
    jq -r '[.days_covered, .days, .opened_per_day, .closed_per_day] | map(tostring) | join(" ")')"
run_of 2024-10-01 24
run_of 2024-10-02 12
run_of 2024-10-03 0
opened=$(hf actions --month 2024-10 -j | jq .opened)
same 'days with logs' "2 31 $opened" "$(hf actions --month 2024-10 -j |
    jq -r '[.days_covered, .days, .opened_per_day * 2] | map(tostring) | join(" ")')"
hf actions --month 2024-10 | grep -q 'days with logs *2$' || fail "$(hf actions --month 2024-10)"
same 'findings of a covered day' '24 0 24' "$(hf findings --day 2024-10-01 --customer c1 -j |
    jq -r '.[] | "\(.mail_hours) \(.flow_hours) \(.hours)"')"
same 'compare' '2 3' "$(hf compare --since 2024-10-01 --until 2024-10-04 -o csv | tr -d '\r' |
    sed -n 's/^logs,.*,\([0-9]*\),\([0-9]*\)$/\1 \2/p')"
hf chart customers --until 2024-10-04 --days 3 -o csv >chart
grep -q '^2024-10-03,,,,,,,,,0,0,24,false' chart || fail "$(cat chart)"
grep -q '^2024-10-01,[0-9]' chart || fail "$(cat chart)"
