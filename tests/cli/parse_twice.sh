#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# parse reads a log once, however often and as whatever it is named.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "parse_twice: $*"; exit 1; }
xz -dc "$root/tests/lab/postfix/milter/mail.log.xz" >log
gzip -c log >log.gz
ln log link
ln -s log symlink
head -n 500 log >begin
sed 1d log >other
: >empty
parse() {
	"$heloflow" parse --host mx1 --stats "$@" 2>said |
	    sed 's/"source":"[^"]*"/"source":""/' | sort
}
lines() { sed -n 's/.*"lines":\([0-9]*\).*/\1/p' said; }

parse log >want
n=$(lines)
for files in "log log" "log link" "symlink log" "log log.gz" "log.gz log" \
    "./log $work/log" "begin log" "log begin log.gz" "empty log empty"; do
	# shellcheck disable=SC2086
	parse $files >have
	cmp -s want have || fail "$files: other records"
	[ "$(lines)" = "$n" ] || fail "$files: $(lines) lines, not $n"
	case $files in
	empty*) ! grep -q 'read once' said || fail "$files: $(cat said)" ;;
	*) grep -q 'it is read once' said || fail "$files: not said" ;;
	esac
done
parse log other >have
[ "$(lines)" = $((2 * n - 1)) ] || fail "another file was not read"
# What can be read only once is not looked at before.
mkfifo pipe
cat log >pipe &
parse pipe >have
cmp -s want have || fail "a pipe: other records"
parse nothing >have && grep -q nothing said || fail "a missing file: $(cat said)"
echo ok
