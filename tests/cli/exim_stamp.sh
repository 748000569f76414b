#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Exim in syslog gives the same records whether it writes a stamp of its own
# (syslog_timestamp) or not, split lines too.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "exim_stamp: $*"; exit 1; }

xz -dc tests/lab/exim/syslog/mail.log.xz >"$dir/with"
sed -E 's,( exim\[[0-9]+\]: (\[[0-9]+[\/][0-9]+\] )?)[0-9-]{10} [0-9:]{8} ,\1,' \
    "$dir/with" >"$dir/without"
cmp -s "$dir/with" "$dir/without" && fail "nothing was taken off"
for f in with without; do
	"$heloflow" parse --stats "$dir/$f" 2>"$dir/$f.stats" |
	    sed -E 's/,"source":.*//' | sort >"$dir/$f.out"
done
test -s "$dir/with.out" || fail "no records"
cmp "$dir/with.out" "$dir/without.out" || fail "the records differ"
cmp "$dir/with.stats" "$dir/without.stats" || fail "the counts differ"
echo ok
