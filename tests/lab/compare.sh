#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: compare.sh SERVER/VARIANT [-v]
# Parses the logs of a lab run and holds the records against its truth.  Every
# line must be counted, and the three counts must sum to the lines there are.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=${HELOFLOW:-$root/build/release/heloflow}
cd "$root/tests/lab/$1"
variant=$1
shift
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

logs=$(ls -- *.log.*)
xz -dc truth.jsonl.xz >"$t/truth.jsonl"
for f in $logs; do
	case $f in
	*.xz) xz -dc "$f" ;; *.zst) zstd -qdc "$f" ;;
	*.bz2) bzip2 -dc "$f" ;; *) gzip -dc "$f" ;;
	esac
done >"$t/log"
lines=$(wc -l <"$t/log")
# shellcheck disable=SC2086
"$heloflow" parse --year 2026 --host "$(basename "$variant")" --stats \
    --unparsed "$t/unparsed" $logs >"$t/records.jsonl" 2>"$t/stats"
cat "$t/stats"
python3 - "$t/stats" "$t/unparsed" "$lines" <<'END'
import json, sys
stats, unparsed, lines = sys.argv[1:]
s = json.loads([x for x in open(stats) if x.startswith("{")][-1])
written = sum(1 for _ in open(unparsed, "rb"))
assert s["lines"] == int(lines), f"{lines} lines in the files, {s['lines']} counted"
assert s["used"] + s["ignored"] + s["unparsed"] == s["lines"], s
assert written >= s["unparsed"], f"{written} unparsed lines written of {s['unparsed']}"
END
python3 ../../compare.py "$t/truth.jsonl" "$t/records.jsonl" --log "$t/log" "$@"
