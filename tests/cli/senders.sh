#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# senders on the sample day: filters mean what they say, and its suspects are
# those of the findings.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/samples/." "$work"
cd "$work"
day="--since 2026-11-23 --until 2026-11-24"
"$heloflow" daily --day 2026-11-23 >/dev/null 2>&1

fail() {
	echo "$*"
	exit 1
}
# shellcheck disable=SC2086
list() { # FLAGS: one address a line
	"$heloflow" senders $day "$@" -o jsonl | jq -r .addr | sort
}
same() { # NAME WANT GOT
	[ "$2" = "$3" ] || fail "$1: wanted $2, got $3"
}
findings() { # CLASS
	"$heloflow" findings --day 2026-11-23 --class "$1" -o jsonl |
	    jq -r '.addrs[]' | sort
}
same suspects "$(findings flow_only_suspect)" "$(list --suspects)"
same known "203.0.113.50" "$(list --known)"
same customer "203.0.113.3" "$(list --customer C-1003)"
same address "203.0.113.51" "$(list --address 203.0.113.51)"
same nobody "" "$(list --address 203.0.113.250)"
same roles "$(list)" "$({ list --role client; list --role server; list --role both; } | sort)"
same unknown "$(list)" "$({ list --known; list --unknown; } | sort)"
same top "$(list --min-packets 146)" "$(list --top 2)"
[ "$(list --min-packets 146 | wc -l)" = 2 ] || fail "min-packets: $(list --min-packets 146)"
[ -z "$("$heloflow" senders --until 2026-11-01 -o jsonl)" ] || fail "until"
same pattern "true" "$("$heloflow" senders --address 203.0.113.51 -o jsonl | jq .server_pattern)"
same agents "exchange" "$("$heloflow" senders --address 203.0.113.51 -o jsonl | jq -r '.agents[0].vantage')"
# Sums are those of the slots.
same packets "$(sqlite3 heloflow.db 'SELECT sum(packets), sum(syn), sum(fin) FROM sender_slot')" \
    "$("$heloflow" senders -o jsonl | jq -s -r '[(map(.packets)|add),(map(.syn)|add),(map(.fin)|add)]|join("|")')"
for bad in "--role x" "--min-packets -1" "--address x" "--top 0" file; do
	rc=0
	# shellcheck disable=SC2086
	"$heloflow" senders $bad >/dev/null 2>err || rc=$?
	[ $rc = 2 ] || fail "senders $bad: exit $rc"
	[ "$(wc -l <err)" = 1 ] || fail "senders $bad: $(cat err)"
done
echo "senders: as the findings"
