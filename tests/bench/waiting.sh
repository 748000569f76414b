#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: waiting.sh [VERDICTS...]     (default 250000 1000000)
# Time and peak memory of a log of verdicts (half rspamd's, half spamd's, 50 a
# second) whose messages never come: memory must not grow with the file.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -gt 0 ] || set -- 250000 1000000
for n; do
	awk -v n="$n" 'BEGIN {
	    for (i = 0; i < n; i++) {
	        s = i / 50
	        at = sprintf("2026-11-%02dT%02d:%02d:%09.6f+00:00 mx1", 20 + s / 86400,
	            s / 3600 % 24, s / 60 % 60, s % 60)
	        if (i % 2)
	            printf "%s spamd[177]: spamd: result: Y  6 - LAB_MID scantime=0.6,size=16540,user=nobody,uid=102,required_score=5.0,rhost=localhost,raddr=127.0.0.1,rport=47610,mid=<%x.cb3a@partner.example>,autolearn=disabled\n", at, i
	        else
	            printf "%s rspamd[7]: <2f0925>; proxy; rspamd_task_write_log: id: <m%d@example.com>, qid: <4F%07X>, ip: 192.0.2.1, from: <x@example.com>, (default: T (add header): [7.70/15.00] [LAB(7.50){}]), len: 458, time: 1.8ms, dns req: 4\n", at, i, i
	    }
	}' >"$work/log"
	for verb in "--db $work/store.$n import mail" parse; do
		# shellcheck disable=SC2086
		/usr/bin/time -f '%e %U %M' -o "$work/time" "$heloflow" $verb "$work/log" >/dev/null 2>&1
		awk -v n="$n" -v verb="${verb##* }" '{
		    printf "%-6s %8d verdicts  %6.1f s  %6.1f s CPU  %4.0f MB RSS\n",
		        verb, n, $1, $2, $3 / 1024 }' "$work/time"
	done
	rm -f "$work"/store.*
done
