#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Usage: same_store.sh STORE STORE...
# Are the stores the same: all columns but evidence (source, offset, line,
# path) and row ids?  Prints the first differences and exits 1 if not.
#
# The blobs of what is still open hold evidence too, so they are counted here;
# what comes of them is compared after a later line has made them leave.
set -eu
dump() { # STORE
	sqlite3 -readonly "$1" <<'SQL' | LC_ALL=C sort
SELECT 'delivery', message_key, received, time, host, mta, instance, queue_id,
       final_queue_id, client_addr, client_port, client_name, helo, protocol,
       tls, auth_user, sender, recipient, orig_recipient, size, message_id,
       subject, relay, disposition, stage, reply, dsn, reason, verdict, filter,
       score, threshold, signature, rule, direction
  FROM delivery;
SELECT 'attempt', printf('%016x', message_key), a.attempt, a.time, r.recipient,
       relay.text, relay_addr.text, a.disposition, a.reply, a.dsn, a.reason
  FROM every_attempt a
  JOIN mail_message m ON m.id = a.message
  JOIN mail_recipient r ON r.message = a.message AND r.n = a.n
  LEFT JOIN name relay ON relay.id = a.relay
  LEFT JOIN addr relay_addr ON relay_addr.id = a.relay_addr;
SELECT 'verdict', message_key, filter, verdict, score, threshold, signature,
       rule, time
  FROM verdict;
SELECT 'message', printf('%016x', message_key), parent_queue_id,
       relay_host.text
  FROM mail_message m LEFT JOIN addr relay_host ON relay_host.id = m.relay_host;
SELECT 'coverage', kind, name.text, hour, lines, used, ignored, unparsed
  FROM coverage JOIN name ON name.id = origin;
SELECT 'unparsed', program, text FROM unparsed;
SELECT 'ledger', kind, sum(lines), sum(used), sum(ignored), sum(unparsed),
       min(first_time), max(last_time)
  FROM ledger GROUP BY kind;
SELECT 'open', (SELECT count(*) FROM open_message),
       (SELECT count(*) FROM pending_verdict);
SQL
}
# Sums of hours that are not marked to be made anew are those of the messages.
sums() { # STORE
	sqlite3 -readonly "$1" <<'SQL'
WITH mail AS (
SELECT m.hour, coalesce(m.client, 0) AS client, coalesce(m.auth_user, 0) AS auth_user,
       coalesce(m.host, 0) AS host, m.received, m.sender, m.helo,
       max(coalesce(m.verdict = 5, 0), coalesce((SELECT max(v.verdict = 5)
           FROM mail_verdict v WHERE v.message = m.id), 0)) AS spam,
       (SELECT count(*) FROM mail_recipient r WHERE r.message = m.id) AS recipients,
       (SELECT count(*) FROM mail_recipient r WHERE r.message = m.id
           AND r.disposition IN (2, 6)) AS tempfailed
  FROM mail_message m WHERE m.parent_queue_id IS NULL),
made AS (
SELECT hour, client, auth_user, host, min(received), max(received), count(*),
       sum(spam), sum(recipients), sum(tempfailed), count(DISTINCT sender), count(DISTINCT helo)
  FROM mail GROUP BY 1, 2, 3, 4),
kept AS (
SELECT hour, client, auth_user, host, first, last, transactions, spam, recipients,
       tempfailed, senders, helos FROM mail_sum)
SELECT * FROM (SELECT 'not kept', * FROM (SELECT * FROM made EXCEPT SELECT * FROM kept)
               UNION ALL
               SELECT 'not so', * FROM (SELECT * FROM kept EXCEPT SELECT * FROM made)) w
 WHERE NOT EXISTS (SELECT 1 FROM mail_sum_due d WHERE d.hour = w.hour AND d.client = w.client);
SQL
}
# Whoever looks for a mailbox finds each message that has it.  The filters differ by
# what was written at once.
filters="$(dirname "$0")/../build/${VARIANT:-release}/tests/unit/mailbox_filters_test"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first=$1
dump "$first" >"$work/first"
[ -s "$work/first" ] || { echo "$first: no store"; exit 1; }
for s; do
	"$filters" "$s"
	sums "$s" >"$work/sums"
	[ ! -s "$work/sums" ] && continue
	echo "$s: sums are wrong:"
	head -n 20 "$work/sums"
	exit 1
done
shift
for s; do
	dump "$s" >"$work/other"
	cmp -s "$work/first" "$work/other" && continue
	echo "$first and $s differ:"
	diff "$work/first" "$work/other" | head -n 20
	exit 1
done
