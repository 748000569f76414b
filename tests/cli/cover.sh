#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No figure without what it rests on: each verb that counts says so, in the same
# words as coverage, and as the same object in JSON.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root"/samples/logs "$root"/samples/flow "$root"/samples/*.csv \
    "$root/samples/networks.mmdb" "$root/samples/heloflow.yaml" "$work"
cd "$work"
"$heloflow" daily --day 2026-11-23 >/dev/null 2>&1

fail() {
	echo "$*"
	exit 1
}
same_lines() { # FLAGS OF COVERAGE: VERB...
	flags=$1
	shift
	"$heloflow" coverage $flags | grep -E '^  (logs|flows|leases) ' |
	    sed 's/^  leases  [0-9]*; /  leases  /' >want
	[ "$(wc -l <want)" -eq 3 ] || fail "coverage: $(cat want)"
	"$heloflow" "$@" | grep -E '^  (logs|flows|leases) ' >have || :
	cmp -s want have || fail "$*: $(cat have), and not $(cat want)"
}
same_lines '--day 2026-11-23' suspects
same_lines '--day 2026-11-23' findings --day 2026-11-23
same_lines '--day 2026-11-23' compare
same_lines '' findings
same_lines '' cases
grep -q '144 of 168 hours' have || fail "a day that was lost is missing: $(cat have)"
month='--since 2026-11-01 --until 2026-12-01'
same_lines "$month" findings $month
same_lines "$month" cases $month
same_lines "$month" compare $month
same_lines "$month" actions --month 2026-11
grep -q '144 of 720 hours, 20 files: 4847 lines = 4694 used + 153 ignored + 0 unparsed' have ||
    fail "$(cat have)"
"$heloflow" findings --day 2026-11-23 | grep -qF '(more: heloflow coverage --day 2026-11-23)' ||
    fail 'where the rest is'

object='24 24 0 2 512 1024 0 0 1 5 1'
for verb in suspects compare 'actions --since 2026-11-23 --until 2026-11-24'; do
	have=$("$heloflow" $verb -j | jq -r '.coverage |
	    [.mail_hours, .flow_hours, .unparsed, .agents, .rate_min, .rate_max,
	     .lost_datagrams, .unleased_mail, .unleased_flow, .mail_files, .flow_files] | map(tostring) | join(" ")')
	[ "$have" = "$object" ] || fail "$verb -j: $have"
done
[ "$("$heloflow" cases -j | jq -r 'map(select(.customer == "C-1005"))[0] |
    "\(.mail_hours) \(.flow_hours) \(.hours)"')" = '72 0 72' ] || fail 'cases -j'

# In a zone of half hours a day has parts of 25 hours of UTC, and all of them count.
sed -i 's|^day_timezone:.*|day_timezone: Asia/Kolkata|' heloflow.yaml
grep -q Kolkata heloflow.yaml || fail 'no zone to change'
rm -f heloflow.db*
"$heloflow" daily --day 2026-11-23 >/dev/null 2>&1
same_lines '--day 2026-11-23' findings --day 2026-11-23
have=$("$heloflow" findings --day 2026-11-23 -o jsonl | head -1 |
    jq -r '"\(.mail_hours) \(.hours)"')
[ "$have" = '25 25' ] || fail "half hours: $have"
