#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A mail that goes through three servers of ours, each of whose logs is imported by a
# call of its own, in every order, with and without time passing between: one message,
# whose client is the first one outside, and one row for each recipient, as in a single
# call.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
heloflow=$root/build/${VARIANT:-release}/heloflow
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "hop_calls: $*"; exit 1; }
printf 'own_hosts: [10.0.0.0/24]\nprefixes: [192.0.2.0/24]\n' >heloflow.yaml

at() { # SECOND HOST TEXT
	echo "2026-11-23T10:00:0$1+00:00 mx$2 postfix/$3"
}
# A message on server $2 from $3, under the id 4F0000000$2; the last two have
# their recipients' outcomes.
server() { # SECOND NUMBER CLIENT TO-1 TO-2
	set -- $(($1 * slow)) "$2" "$3" "$4" "$5"
	at "$1" "$2" "smtpd[7]: 4F0000000$2: client=unknown[$3]"
	at "$1" "$2" "cleanup[8]: 4F0000000$2: message-id=<a@example.com>"
	at "$1" "$2" "qmgr[9]: 4F0000000$2: from=<x@example.com>, size=900, nrcpt=2 (queue active)"
	at $(($1 + 2 * slow)) "$2" "smtp[10]: 4F0000000$2: to=<a@example.net>, $4"
	at $(($1 + 2 * slow)) "$2" "smtp[11]: 4F0000000$2: to=<b@example.net>, $5"
	at $(($1 + 2 * slow)) "$2" "qmgr[9]: 4F0000000$2: removed"
}
sent() { # ADDRESS TEXT
	echo "relay=mx.example[$1]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok$2)"
}
logs() { # WHERE-b-GOES-FROM-2
	server 0 1 192.0.2.5 "$(sent 10.0.0.2 ': queued as 4F00000002')" "$(sent 10.0.0.2 ': queued as 4F00000002')" >mx1
	server 2 2 10.0.0.1 "$(sent 10.0.0.3 ': queued as 4F00000003')" "$1" >mx2
	server 4 3 10.0.0.2 "$(sent 198.51.100.1 '')" "$(sent 198.51.100.1 '')" >mx3
	[ "$1" = "$(sent 10.0.0.3 ': queued as 4F00000003')" ] || sed -i '/smtp.11/d' mx3
}
later() { # HOURS
	for h in 1 2 3; do
		echo "2026-11-23T$((10 + $1)):00:00+00:00 mx$h postfix/anvil[1]: statistics: max cache size 1 at Feb  1 00:00:00"
	done
}
import() { # STORE FILE...
	store=$1
	shift
	"$heloflow" --db "$store" -c heloflow.yaml import mail "$@" 2>said || grep -q 'not one' said ||
	    fail "import of $*: $(cat said)"
}
rows() { # STORE
	sqlite3 -readonly "$1" "SELECT time, host, queue_id, client_addr, recipient, relay, disposition, final_queue_id
	    FROM delivery ORDER BY recipient, time;
	    SELECT sum(transactions), sum(recipients) FROM mail_sum"
}
orders='1 2 3
1 3 2
2 1 3
2 3 1
3 1 2
3 2 1'
compare() { # WHAT
	rm -f ./*.db* late*
	later 5 >late
	import one.db mx1 mx2 mx3
	import one.db late
	rows one.db >one
	[ "$(grep -c example.net one)" = 2 ] || fail "$1, one call: $(cat one)"
	for passes in no yes; do
		echo "$orders" | while read -r order; do
			rm -f parts.db* late*
			n=5
			for i in $order; do
				import parts.db "mx$i"
				n=$((n + 1))
				later $n >late$n
				[ $passes = no ] || import parts.db late$n
			done
			later 11 >late
			import parts.db late
			rows parts.db >parts
			diff one parts >difference || fail "$1, order $order, time passes: $passes:
$(cat difference)"
		done
	done
}
for slow in 1 0; do # 0: all in one second
	logs "$(sent 10.0.0.3 ': queued as 4F00000003')"
	compare "both go to the third, slow $slow"
	logs "$(sent 198.51.100.2 '')"
	compare "one goes to the third, slow $slow"
done
echo "hop_calls: three servers, six orders, with and without time between"
