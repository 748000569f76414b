#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Golden tests: tests/golden/NAME/cmd is run by sh in its folder, with
# "heloflow" in PATH; its output must be that of the file out, its messages
# those of err (if there is one), and its exit code that of exit (else 0).
#
#   golden.sh NAME             tests one
#   golden.sh --update [NAME]  writes what comes out; review the difference
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
PATH=$root/build/${VARIANT:-release}:$PATH
export PATH LC_ALL=C.UTF-8 TZ=UTC
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT

produce() { # NAME
	(cd "$root/tests/golden/$1" && sh ./cmd) >"$t/out" 2>"$t/err"
	echo $? >"$t/exit"
}
if [ "${1:-}" = --update ]; then
	for d in "$root"/tests/golden/${2:-*}/; do
		[ -e "$d/cmd" ] || continue
		produce "$(basename "$d")"
		cp "$t/out" "$t/err" "$t/exit" "$d"
		[ -s "$t/err" ] || rm -f "$d/err"
		[ "$(cat "$t/exit")" != 0 ] || rm -f "$d/exit"
		echo "written: $(basename "$d")"
	done
	exit 0
fi
produce "$1"
d=$root/tests/golden/$1
bad=0
compare() { # FILE, default content
	if [ -e "$d/$1" ]; then cat "$d/$1"; else printf '%s' "$2"; fi >"$t/want"
	diff -u "$t/want" "$t/$1" || bad=1
}
compare out ''
compare err ''
compare exit '0
'
exit $bad
