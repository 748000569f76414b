-- What src/ingest/ writes and reads.

-- name: ledger_all
-- The entries that have read most come first: a file that grew is known by
-- its longest part.
SELECT id, head_bytes, head_hash, resume_offset, resume_bytes, resume_hash,
       lines, used, ignored, unparsed, records, first_time, last_time,
       truncated, state, path
  FROM ledger
 WHERE kind = ?1 AND head_bytes > 0
 ORDER BY resume_offset DESC, id;

-- name: ledger_insert
INSERT INTO ledger (path, head_bytes, head_hash, resume_offset, resume_bytes,
                    resume_hash, lines, used, ignored, unparsed, records,
                    first_time, last_time, truncated, state, kind)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16);

-- name: ledger_update
UPDATE ledger
   SET path = ?1, head_bytes = ?2, head_hash = ?3, resume_offset = ?4,
       resume_bytes = ?5, resume_hash = ?6, lines = ?7, used = ?8,
       ignored = ?9, unparsed = ?10, records = ?11, first_time = ?12,
       last_time = ?13, truncated = ?14, state = ?15
 WHERE id = ?16;

-- name: coverage_add
INSERT INTO coverage (kind, origin, hour, lines, used, ignored, unparsed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT DO UPDATE
   SET lines = lines + excluded.lines, used = used + excluded.used,
       ignored = ignored + excluded.ignored,
       unparsed = unparsed + excluded.unparsed;

-- name: host_file_add
INSERT INTO host_file (host, path, lines) VALUES (?1, ?2, ?3)
ON CONFLICT DO UPDATE SET lines = lines + excluded.lines;

-- name: unparsed_put
INSERT INTO unparsed (ledger, program, source, "offset", line, text)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: message_id_of_key
SELECT id FROM mail_message WHERE slot = ?2 / 300000000 AND message_key = ?1;

-- name: message_id_of_key_near
SELECT id FROM mail_message
 WHERE slot IN (?2 / 300000000 - 2, ?2 / 300000000 - 1, ?2 / 300000000, ?2 / 300000000 + 1)
   AND message_key = ?1;

-- name: message_id_of_old_key
SELECT id FROM mail_message
 WHERE slot IN (SELECT slot FROM mail_slot) AND message_key = ?1;

-- name: message_put
-- Nothing, if it is there.
INSERT INTO mail_message
       (message_key, received, host, mta, instance, queue_id, client,
        client_port, client_name, helo, protocol, tls, auth_user, sender, size,
        message_id, subject, direction, parent_queue_id, verdict, filter,
        score, threshold, signature, rule)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
        ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)
ON CONFLICT DO NOTHING;

-- name: messages_put
-- Those that are there are left out.  All columns, in the table's order: else SQLite
-- copies each.
INSERT OR IGNORE INTO mail_message
       (id, message_key, received, host, mta, instance, queue_id, client,
        client_port, client_name, helo, protocol, tls, auth_user, sender, size,
        message_id, subject, direction, relay_host, parent_queue_id, verdict, filter,
        score, threshold, signature, rule)
SELECT NULL, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16,
       c17, c18, NULL, c19, c20, c21, c22, c23, c24, c25 FROM given;

-- name: message_update
UPDATE mail_message
   SET message_key = ?1, received = ?2, host = ?3, mta = ?4, instance = ?5,
       queue_id = ?6, client = ?7, client_port = ?8, client_name = ?9,
       helo = ?10, protocol = ?11, tls = ?12, auth_user = ?13, sender = ?14,
       size = ?15, message_id = ?16, subject = ?17, direction = ?18,
       parent_queue_id = ?19, verdict = ?20, filter = ?21, score = ?22,
       threshold = ?23, signature = ?24, rule = ?25
 WHERE id = ?26;

-- name: message_worst_update
UPDATE mail_message
   SET verdict = ?1, filter = ?2, score = ?3, threshold = ?4, signature = ?5, rule = ?6
 WHERE id = ?7;

-- name: message_delete
DELETE FROM mail_message WHERE id = ?1;

-- name: recipients_delete
DELETE FROM mail_recipient WHERE message = ?1;

-- name: attempts_delete
DELETE FROM mail_attempt WHERE message = ?1;

-- name: verdicts_delete
DELETE FROM mail_verdict WHERE message = ?1;

-- name: recipients_put
INSERT OR FAIL INTO mail_recipient
       (message, n, recipient, orig_recipient, final_queue_id, time, relay,
        disposition, stage, reply, dsn, reason, source, "offset", line,
        relay_addr, sole, outcome)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17,
       c18 FROM given;

-- name: attempts_put
INSERT OR FAIL INTO mail_attempt
       (message, n, attempt, time, relay, relay_addr, disposition, reply, dsn,
        reason, source, "offset", line)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13 FROM given;

-- name: verdicts_put
INSERT OR FAIL INTO mail_verdict
       (message, n, filter, verdict, score, threshold, signature, rule, time,
        source, "offset", line)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 FROM given;

-- name: mailbox_filter_put
INSERT INTO mailbox_filter (first, last, oldest, newest, bits)
VALUES (?1, ?2, ?3, ?4, ?5);

-- name: message_get
SELECT m.received, host.text, mta.text, instance.text, m.queue_id,
       client.bytes, m.client_port, client_name.text, helo.text,
       protocol.text, m.tls, auth_user.text, sender.text, m.size,
       m.message_id, m.subject, m.direction, m.parent_queue_id
  FROM mail_message m
  LEFT JOIN name host ON host.id = m.host
  JOIN name mta ON mta.id = m.mta
  LEFT JOIN name instance ON instance.id = m.instance
  LEFT JOIN addr client ON client.id = m.client
  LEFT JOIN name client_name ON client_name.id = m.client_name
  LEFT JOIN name helo ON helo.id = m.helo
  LEFT JOIN name protocol ON protocol.id = m.protocol
  LEFT JOIN name auth_user ON auth_user.id = m.auth_user
  LEFT JOIN name sender ON sender.id = m.sender
 WHERE m.id = ?1;

-- name: recipients_get
SELECT r.n, r.recipient, r.orig_recipient, r.final_queue_id, r.time, relay.text,
       r.disposition, r.stage, r.reply, r.dsn, r.reason, source.text,
       r."offset", r.line
  FROM mail_recipient r
  LEFT JOIN name relay ON relay.id = r.relay
  LEFT JOIN name source ON source.id = r.source
 WHERE r.message = ?1
 ORDER BY r.n;

-- name: attempts_get
SELECT a.n, a.time, relay.text, relay_addr.bytes, a.disposition, a.reply,
       a.dsn, a.reason, source.text, a."offset", a.line
  FROM every_attempt a
  LEFT JOIN name relay ON relay.id = a.relay
  LEFT JOIN addr relay_addr ON relay_addr.id = a.relay_addr
  LEFT JOIN name source ON source.id = a.source
 WHERE a.message = ?1
 ORDER BY a.n, a.attempt;

-- name: verdicts_get
SELECT filter.text, v.verdict, v.score, v.threshold, signature.text,
       rule.text, v.time, source.text, v."offset", v.line
  FROM mail_verdict v
  JOIN name filter ON filter.id = v.filter
  LEFT JOIN name signature ON signature.id = v.signature
  LEFT JOIN name rule ON rule.id = v.rule
  LEFT JOIN name source ON source.id = v.source
 WHERE v.message = ?1
 ORDER BY v.n;

-- name: message_of_queue_id
-- The incarnation that a verdict of time ?3 is about: the latest that had
-- begun, before it one of the client ?4 that the verdict's line names.  An
-- empty host ('') fits every host.  The id may be a later one of
-- the message, also of the server that it was handed to.  If only a hand-over tells
-- of that one, of no host, the verdict's line must name the Message-ID ?5, too: ids
-- of two servers may be the same.
SELECT m.id, m.message_key
  FROM mail_message m
  LEFT JOIN name host ON host.id = m.host
  LEFT JOIN addr client ON client.id = m.client
 WHERE m.id IN (
        SELECT id FROM mail_message
         WHERE queue_id = ?1
           AND hour IN (?3 / 3600000000 - 1, ?3 / 3600000000, ?3 / 3600000000 + 1)
        UNION ALL
        SELECT message FROM mail_recipient
         WHERE final_queue_id = ?1
           AND hour IN (SELECT hour FROM final_hour WHERE hour >= ?3 / 3600000000 - 1)
        UNION ALL
        SELECT k.id FROM mail_hop h JOIN mail_message k ON k.id = h.message
         WHERE h.queue_id = ?1
           AND k.message_id IN (?5, trim(?5, '<>'), '<' || trim(?5, '<>') || '>'))
   AND (?2 = '' OR host.text IS NULL OR host.text = ?2
        OR EXISTS (SELECT 1 FROM mail_hop h WHERE h.queue_id = ?1 AND h.message = m.id))
   AND m.received BETWEEN ?3 - 3600000000 AND ?3 + 300000000
 ORDER BY coalesce(client.bytes <> ?4, 0), m.received > ?3 + 5000000, m.received DESC
 LIMIT 1;

-- name: messages_of_message_id
-- All that carried this Message-ID within the window (in_window() of
-- src/ingest/mid_index.c): one, or it tells nothing.  Exim writes it without its <>.
SELECT m.id, m.message_key, m.size
  FROM mail_message m
  LEFT JOIN name host ON host.id = m.host
 WHERE m.message_id IN (?1, trim(?1, '<>'), '<' || trim(?1, '<>') || '>')
   AND m.hour IN (?3 / 3600000000 - 1, ?3 / 3600000000, ?3 / 3600000000 + 1)
   AND (?2 = '' OR host.text IS NULL OR host.text = ?2)
   AND m.received BETWEEN ?3 - 3600000000 AND ?3 + 30000000
 LIMIT 2;

-- name: verdict_of_filter
SELECT 1
  FROM mail_verdict v
  JOIN name filter ON filter.id = v.filter
 WHERE v.message = ?1 AND filter.text = ?2
 LIMIT 1;

-- name: hop_put
INSERT OR IGNORE INTO mail_hop (queue_id, message, recipient, time)
VALUES (?1, ?2, ?3, ?4);

-- name: hops_get
SELECT queue_id, recipient, time FROM mail_hop WHERE message = ?1;

-- name: hops_move
UPDATE OR REPLACE mail_hop SET message = ?2 WHERE message = ?1;

-- name: hops_delete
DELETE FROM mail_hop WHERE message = ?1;

-- name: hop_parents
-- Who handed a message to the id ?1 of host ?3 when it was received at ?2.
SELECT DISTINCT h.message
  FROM mail_hop h
  JOIN mail_message m ON m.id = h.message
  LEFT JOIN name host ON host.id = m.host
 WHERE h.queue_id = ?1 AND h.time BETWEEN ?2 - 5000000 AND ?2 + 660000000
   AND NOT (m.queue_id = ?1 AND coalesce(host.text, '') = ?3)
 LIMIT 2;

-- name: hop_children
-- What another of our servers received under the id ?1 when ?2 answered.
SELECT m.id
  FROM mail_message m
  JOIN addr client ON client.id = m.client
 WHERE m.queue_id = ?1 AND m.id <> ?3
   AND m.hour IN (?2 / 3600000000 - 1, ?2 / 3600000000, ?2 / 3600000000 + 1)
   AND m.received BETWEEN ?2 - 660000000 AND ?2 + 5000000;

-- name: open_message_all
SELECT id, state FROM open_message ORDER BY id;

-- name: open_message_put
INSERT INTO open_message (state) VALUES (?1);

-- name: open_message_update
UPDATE open_message SET state = ?1 WHERE id = ?2;

-- name: open_message_delete
DELETE FROM open_message WHERE id = ?1;

-- name: pending_recent
SELECT id, state FROM pending_verdict
 WHERE time >= ?1 OR key IS NULL
 ORDER BY time, id;

-- name: pending_put
INSERT INTO pending_verdict (time, key, state, due) VALUES (?1, ?2, ?3, 1);

-- name: pending_update
UPDATE pending_verdict SET key = ?2, state = ?3, due = 1 WHERE id = ?1;

-- name: pending_delete
DELETE FROM pending_verdict WHERE id = ?1;

-- name: pending_of_key
SELECT id, state FROM pending_verdict
 WHERE key = ?1 AND time BETWEEN ?2 AND ?3
 ORDER BY time, id;

-- name: pending_ask_again
UPDATE pending_verdict SET due = 1
 WHERE key = ?1 AND time BETWEEN ?2 AND ?3 AND due = 0;

-- name: pending_next_due
SELECT id, state FROM pending_verdict
 WHERE due = 1 AND id > ?1 AND time <= ?2
 ORDER BY id
 LIMIT 1;

-- name: pending_asked
UPDATE pending_verdict SET due = 0 WHERE due = 1 AND time <= ?1;

-- name: pending_expire
DELETE FROM pending_verdict WHERE time < ?1;

-- name: pending_count
-- Those that are shown nowhere.
SELECT (SELECT count(*) FROM pending_verdict)
       - (SELECT count(*) FROM pending_verdict WHERE shown IS NOT NULL);

-- name: pending_next_young
-- The first behind the one of time ?1 and row ?2.
SELECT id, state FROM pending_verdict
 WHERE (time, id) > (?1, ?2)
 ORDER BY time, id
 LIMIT 1;

-- name: pending_show
UPDATE pending_verdict SET shown = ?2 WHERE id = ?1;

-- name: pending_next_shown
SELECT id, state, shown FROM pending_verdict
 WHERE shown IS NOT NULL
 LIMIT 1;

-- name: mid_seen_put
INSERT INTO mid_seen (last, state) VALUES (?1, ?2);

-- name: mid_seen_recent
SELECT state FROM mid_seen WHERE last >= ?1 ORDER BY id;

-- name: mid_seen_expire
DELETE FROM mid_seen WHERE last < ?1;

-- name: assembler_state_get
SELECT now, state FROM assembler_state WHERE id = 1;

-- name: assembler_state_put
INSERT OR REPLACE INTO assembler_state (id, now, state) VALUES (1, ?1, ?2);
