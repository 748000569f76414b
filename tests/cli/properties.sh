#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# properties.py on every variant of the lab.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
seed=${SEED:-$(date +%s)}
echo "properties: seed $seed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for v in "$root"/tests/lab/*/*/; do
	d=$work/$(basename "$(dirname "$v")")-$(basename "$v")
	mkdir "$d"
	for f in "$v"*.log.*; do
		case $f in
		*.xz) xz -dc "$f" ;; *.zst) zstd -qdc "$f" ;;
		*.bz2) bzip2 -dc "$f" ;; *) gzip -dc "$f" ;;
		esac >"$d/$(basename "${f%.*}")"
	done
	# shellcheck disable=SC2046
	python3 "$root/tests/cli/properties.py" \
	    "${HELOFLOW:-$root/build/release/heloflow}" "$seed" "$d" $(cd "$d" && ls)
done
echo "properties: hold"
