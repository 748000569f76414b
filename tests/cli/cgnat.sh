#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A NAT's log with inside addresses: whose they were, RADIUS says, by time and
# to the second; and names of which two are one customer's.
set -eu
cd "$(dirname "$0")/../.."
heloflow=$PWD/build/${VARIANT:-release}/heloflow
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
cd "$d"

cat >heloflow.yaml <<'END'
mail_sources: {paths: mail.log, clock_error: 1}
lease_sources:
  - {paths: nat*.csv, clock_error: 2}
  - paths: detail*
    clock_error: 3
    customers: names.csv
END
cat >names.csv <<'END'
name,customer
alice@isp.example,C-1
alice-2@isp.example,C-1
bob@isp.example,C-2
END
packet() { # USER SESSION ADDRESS STATUS TIME
	printf 'Mon Nov 23 08:00:00 2026\n\tUser-Name = "%s"\n\tAcct-Session-Id = "%s"\n\tNAS-IP-Address = 192.0.2.1\n\tFramed-IP-Address = %s\n\tAcct-Status-Type = %s\n\tTimestamp = %d\n\n' "$@"
}
t=1795421000
{
	packet alice@isp.example 1 100.64.0.9 Start $t
	packet alice@isp.example 1 100.64.0.9 Stop $((t + 1000))
	packet alice-2@isp.example 2 100.64.0.9 Start $((t + 1000))
	packet alice-2@isp.example 2 100.64.0.9 Stop $((t + 2000))
	packet bob@isp.example 3 100.64.0.9 Start $((t + 2000))
	packet bob@isp.example 3 100.64.0.9 Stop $((t + 3000))
	packet carol@isp.example 4 100.64.0.10 Start $t
	packet carol@isp.example 4 100.64.0.10 Stop $((t + 3000))
} >detail
# The second block has the address in the place of the customer, the last one
# a name of its own.
cat >nat.csv <<END
public_address,ports,from,until,private_address,customer
198.51.100.1,1024-2047,$((t + 500)),$((t + 3500)),100.64.0.9,
198.51.100.1,2048-3071,$((t + 500)),$((t + 3500)),,100.64.0.10
198.51.100.1,3072-4095,$((t + 500)),$((t + 3500)),100.64.0.10,C-9
198.51.100.1,4096-5119,$((t + 500)),$((t + 3500)),100.64.0.11,
198.51.100.1,5120-6143,$((t + 500)),$((t + 3500)),10.1.1.1,
END
n=0
mail() { # TIME PORT
	n=$((n + 1))
	at=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%S.000000+00:00)
	id=$(printf '4cBn%03dXyz1' $n)
	printf '%s mx postfix/smtpd[1]: %s: client=nat.example[198.51.100.1]:%d\n' "$at" "$id" "$2"
	printf '%s mx postfix/qmgr[2]: %s: from=<a@b.example>, size=9, nrcpt=1 (queue active)\n' "$at" "$id"
	printf '%s mx postfix/qmgr[2]: %s: removed\n' "$at" "$id"
}
{
	mail $((t + 600)) 1100  # C-1, first login
	mail $((t + 1000)) 1101 # C-1, between two of his logins
	mail $((t + 1999)) 1102 # C-1 or C-2
	mail $((t + 2006)) 1103 # C-2: 6 s is more than 1 + 2 + 3, from there on
	mail $((t + 2005)) 1104 # C-1 or C-2
	mail $((t + 3200)) 1105 # nobody inside any more: the address
	mail $((t + 600)) 2100  # carol, who is not listed
	mail $((t + 600)) 3100  # C-9
	mail $((t + 600)) 4100  # nobody had 100.64.0.11
	mail $((t + 600)) 5200  # nor 10.1.1.1
} >mail.log

all() { # STORE FILE ...
	db=$1
	shift
	for f; do
		"$heloflow" --db "$db" import lease "$f" 2>err || { cat err; exit 1; }
	done
	"$heloflow" --db "$db" import mail mail.log 2>err || { cat err; exit 1; }
	"$heloflow" --db "$db" correlate >/dev/null
	sqlite3 "$db" "SELECT customer, class, json_extract(log, '\$.transactions'),
	    json_extract(log, '\$.ambiguous') FROM finding ORDER BY 1" >"$db.out"
}
cat >want <<'END'
10.1.1.1|clean|1|0
100.64.0.11|clean|1|0
100.64.0.9|clean|1|0
198.51.100.1|ambiguous|0|2
C-1|clean|2|0
C-2|clean|1|0
C-9|clean|1|0
carol@isp.example|clean|1|0
END
all one.db detail nat.csv
diff want one.db.out
# The NAT's log first, and the sessions days later.
all two.db nat.csv detail
diff want two.db.out
"$heloflow" --db one.db explain --all 198.51.100.1 >page
grep -q 'may be of C-1 or C-2' page
grep -q "198.51.100.1 ports 1024-2047 was C-2's from .*, clock error 6 s (nat.csv:2, through detail:" page
# Sessions of two names of one customer do not overlap with each other.
packet alice-2@isp.example 9 100.64.0.9 Start $((t + 10)) >>detail
packet alice-2@isp.example 9 100.64.0.9 Stop $((t + 900)) >>detail
"$heloflow" --db one.db import lease detail 2>err
! grep -q 'at one time' err
# A name that is given to somebody else: read again, it is his.
sed -i 's/^bob@isp.example,C-2/bob@isp.example,C-3/' names.csv
"$heloflow" --db one.db import lease detail 2>err
"$heloflow" --db one.db correlate >/dev/null
[ "$(sqlite3 one.db "SELECT group_concat(customer) FROM finding WHERE customer IN ('C-2', 'C-3')")" = C-3 ]
# Twice in the list, for two customers.
echo 'bob@isp.example,C-4' >>names.csv
rc=0
"$heloflow" --db one.db import lease detail 2>err || rc=$?
[ $rc -eq 2 ] && grep -q 'bob@isp.example is named twice, as C-3 and C-4' err
