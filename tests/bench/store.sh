#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rows a second into the store: sh tests/bench/store.sh [MESSAGES [ROWS [FOLDER]]]
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d "${3:-/tmp}/heloflow-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/data/schema/statements"
ln -s "$top"/schema/[0-9]*.sql "$dir/data/schema/"
ln -s "$top/schema/statements/store.sql" "$top/tests/bench/store/mail.sql" \
    "$dir/data/schema/statements/"
make -s -C "$top" lib
libs='sqlite3 libpcre2-8 yaml-0.1 libxxhash'
${CC:-cc} -std=c11 -O2 -D_GNU_SOURCE -I"$top/src" -o "$dir/store_bench" \
    "$top/tests/bench/store_bench.c" "$top/build/release/lib.a" \
    $(pkg-config --libs $libs) -lm
HELOFLOW_DATADIR=$dir/data "$dir/store_bench" "$dir/bench.db" "${1:-500000}" "${2:-100000}"
