#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# samples/ is what samples/make_samples.py writes, nothing edited by hand.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 samples/make_samples.py "$work"
content() { # decompressed: another zlib may pack otherwise
	case $1 in *.gz) gzip -dc "$1" ;; *) cat "$1" ;; esac
}
files=$(cd "$work" && find . -type f | sort)
committed=$(cd samples && find logs flow -type f | sort)
[ "$(echo "$files" | grep -E '^\./(logs|flow)/')" = "$(echo "$committed" | sed 's,^,./,')" ] || {
	echo "other files than those committed:"
	echo "$files"
	exit 1
}
for f in $files; do
	content "$work/$f" >"$work/made"
	content "samples/$f" >"$work/have"
	cmp "$work/made" "$work/have"
done
echo "samples: $(echo "$files" | wc -l) files"

# What README shows of the demo is what the golden test of it has.
awk '/ends with a screen like this/ { on = 1; next } on && /^```/ { if (n++) exit; next }
     on && n && $0 != "..."' README.md >"$work/shown"
[ "$(wc -l <"$work/shown")" -ge 8 ]
! grep -vxFf tests/golden/daily/out "$work/shown" || {
	echo "README shows other lines than make demo prints"
	exit 1
}
