#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# suspects: refused with few labels, in order with enough, whom it may learn
# from, and the same twice.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$heloflow" init . >/dev/null 2>&1
echo 'mailbox_share: 0.0001' >heloflow.yaml
python3 -B "$root/tests/cli/suspects.py" "$heloflow" "$work"
for bad in 0 1 -0.5 2 x 1e-3x nan; do
	echo "mailbox_share: $bad" >heloflow.yaml
	rc=0
	"$heloflow" suspects >/dev/null 2>err || rc=$?
	[ $rc -eq 2 ] && grep -q 'heloflow.yaml:1' err ||
	    { echo "mailbox_share $bad: exit $rc, $(cat err)"; exit 1; }
done
