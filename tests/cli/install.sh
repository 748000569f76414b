#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make install: what is installed runs without the source tree, from where it
# was put, through a link, and staged under DESTDIR.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The default PREFIX: another one would build the program anew.
make -s install DESTDIR="$work/stage" >/dev/null
mv "$work/stage/usr/local" "$work/moved" # so that no path compiled in is right
ln -s "$work/moved/bin/heloflow" "$work/link"
for f in schema/*.sql schema/*/*.sql rules/*/*.yaml; do
	cmp "$f" "$work/moved/share/heloflow/$f"
done
run() { (cd / && env -u HELOFLOW_DATADIR "$work/link" "$@"); }

run list rules >"$work/rules"
[ "$(wc -l <"$work/rules")" -gt 50 ]
run --db "$work/s.db" import mail --year 2026 "$PWD/samples/logs/mx1/mail.log" 2>"$work/err"
run --db "$work/s.db" correlate >/dev/null 2>&1
[ "$(sqlite3 "$work/s.db" 'SELECT count(*) FROM delivery')" -gt 100 ]
[ "$(sqlite3 "$work/s.db" 'SELECT count(*) FROM finding')" -gt 0 ]
# Its own rules, not those of the source tree.
rm "$work/moved/share/heloflow/rules/verdict/greylist.yaml"
run list rules >"$work/fewer"
grep -q postgrey "$work/rules"
if grep -q postgrey "$work/fewer"; then
	echo "it reads the source tree's rules"
	exit 1
fi
echo "install: $(find "$work/moved" -type f | wc -l) files"
