#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A notification of the server's own, of which that is said only behind other lines of
# it: wherever the log is cut, it has no direction in the end.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "notice_cut: $*"; exit 1; }
echo 'prefixes: [192.0.2.0/24]' >heloflow.yaml
at() { # MM:SS PROGRAM TEXT
	echo "2026-11-23T10:$1+00:00 mx postfix/$2: $3"
}
{
	at 00:10 smtpd[7] "4F7A01232: client=unknown[192.0.2.7]"
	at 00:10 cleanup[8] "4F7A01232: message-id=<own@example.com>"
	at 00:10 qmgr[9] "4F7A01232: from=<x@example.com>, size=900, nrcpt=1 (queue active)"
	at 00:11 bounce[12] "4F7A01230: sender non-delivery notification: 4F7A01232"
	at 00:12 smtp[10] "4F7A01232: to=<a@example.net>, relay=mx.example.net[198.51.100.1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok)"
	at 00:12 qmgr[9] "4F7A01232: removed"
	at 40:00 anvil[1] "statistics: max cache size 1 at Feb  1 00:00:00"
} >whole
import() { # STORE FILE
	"$heloflow" --db "$1" -c heloflow.yaml import mail "$2" 2>said ||
	    grep -q 'not one' said || fail "$(cat said)"
}
rows() {
	sqlite3 -readonly "$1" "SELECT queue_id, client_addr, direction, recipient, disposition FROM delivery"
}
import one whole
rows one >expected
[ "$(cat expected)" = '4F7A01232|||a@example.net|delivered' ] || fail "in one: $(cat expected)"
for n in 1 2 3 4 5 6; do
	rm -f parts*
	head -n $n whole >log
	import parts log
	cp whole log
	import parts log
	rows parts | cmp -s - expected || fail "cut behind line $n: $(rows parts)"
done
echo "notice_cut: cut behind each line"
