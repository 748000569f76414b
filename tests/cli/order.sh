#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files of the sample day, one import a file, in three orders: the same
# watermark and the same findings, byte for byte.  Without Exim's reject log,
# whose lines stand in the main log, too (doc/classes.md).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/samples/logs" "$root/samples/flow" "$root/samples/"*.csv \
    "$root/samples/heloflow.yaml" "$work"
cd "$work"

run() { # STORE VERB FILE: with the settings of its source
	db=$1 verb=$2
	shift 2
	"$heloflow" -c heloflow.yaml --db "$db" import $verb "$@" 2>>log
}
import() { # STORE FILE
	case $2 in
	*rspamd* | *mx1*) run "$1" mail --year 2026 --host mx1 "$2" ;;
	*smtp*) run "$1" mail --mta exim --host smtp --tz Europe/Vienna "$2" ;;
	*relay*) run "$1" mail "$2" ;;
	*.pcap.gz) run "$1" flow "$2" ;;
	*) run "$1" lease "$2" ;;
	esac
}
files=$(find logs flow customers.csv -type f ! -name 'rejectlog*' | sort)
orders="sort
sort -r
sort -t/ -k3"
n=0
echo "$orders" | while read -r order; do
	n=$((n + 1))
	for f in $(echo "$files" | $order); do
		import "$n.db" "$f"
	done
	"$heloflow" -c heloflow.yaml --db $n.db correlate --day 2026-11-23 >/dev/null 2>>log
	"$heloflow" -c heloflow.yaml --db $n.db findings -j >$n.json
	cmp 1.json $n.json
done
[ "$(grep -o '"class":"confirmed"' 3.json | wc -l)" -gt 9 ]
echo "order: $(echo "$files" | wc -l) files"
