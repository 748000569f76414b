#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: memory.sh [-m MTA] [MEGABYTES...]     (default postfix, 100 300 1000)
# Peak memory and speed of import mail and parse on made-up logs of that size
# (mail_gen.c; MTA: postfix, exim or sendmail), beside grep and, for Postfix,
# pflogsumm, if it is there.  What a program says is shown if it fails.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/release/heloflow
mta=postfix
[ "${1:-}" != -m ] || { mta=$2; shift 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- 100 300 1000
${CC:-cc} -O2 -D_GNU_SOURCE -o "$work/mail_gen" "$root/tests/bench/mail_gen.c"
run() { # WHAT MEGABYTES COMMAND...
	what=$1
	mb=$2
	shift 2
	/usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" \
	    >/dev/null 2>"$work/err" || cat "$work/err"
	tail -n 1 "$work/time" | awk -v what="$what" -v mb="$mb" '{
	    printf "%-12s %5d MB  %7.1f s  %6.1f s CPU  %7.1f MB/s  %4.0f MB RSS\n",
	        what, mb, $1, $2 + $3, mb / ($1 > 0 ? $1 : 0.01), $4 / 1024 }'
}
for n; do
	"$work/mail_gen" "$n" 1 "$mta" >"$work/log"
	run import "$n" "$heloflow" --db "$work/store.$n" import mail "$work/log"
	run parse "$n" "$heloflow" parse "$work/log"
	if [ "$mta" = postfix ] && command -v pflogsumm >/dev/null; then
		run pflogsumm "$n" pflogsumm "$work/log"
	fi
	run grep "$n" grep -cE 'status=(sent|deferred|bounced)' "$work/log"
	rm -f "$work"/store.*
done
