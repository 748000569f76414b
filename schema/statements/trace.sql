-- The whole story of a message, an address or an account (src/cmd/trace.c).
-- First one of trace_by_* fills the temporary table trace with messages, then
-- trace_facts reads everything that is known of them.
-- trace_by_*: ?1 the key, ?2 and ?3 received from and before, ?4 at most that
-- many, the newest.  A mailbox is looked for otherwise, see below.

-- name: trace_make
CREATE TEMP TABLE IF NOT EXISTS trace (message INTEGER PRIMARY KEY);

-- name: trace_clear
DELETE FROM temp.trace;

-- name: trace_count
SELECT count(*) FROM temp.trace;

-- name: trace_by_key
INSERT OR IGNORE INTO temp.trace
SELECT id FROM mail_message
 WHERE slot IN (SELECT slot FROM mail_slot) AND message_key = ?1 AND received >= ?2 AND received < ?3 LIMIT ?4;

-- name: trace_by_client
INSERT OR IGNORE INTO temp.trace
SELECT id FROM mail_message
 WHERE hour IN (SELECT hour FROM mail_hour
                 WHERE hour BETWEEN ?2 / 3600000000 AND ?3 / 3600000000)
   AND client = (SELECT id FROM addr WHERE bytes = ?1)
   AND received >= ?2 AND received < ?3
 ORDER BY received DESC LIMIT ?4;

-- The id that the client was told, or one that the message had later.
-- name: trace_by_queue_id
INSERT OR IGNORE INTO temp.trace
SELECT id FROM
  (SELECT id, received FROM mail_message
    WHERE hour IN (SELECT hour FROM mail_hour) AND queue_id = ?1
   UNION
   SELECT m.id, m.received
     FROM mail_recipient r JOIN mail_message m ON m.id = r.message
    WHERE r.hour IN (SELECT hour FROM final_hour) AND r.final_queue_id = ?1)
 WHERE received >= ?2 AND received < ?3
 ORDER BY received DESC LIMIT ?4;

-- With or without its <>.
-- name: trace_by_message_id
INSERT OR IGNORE INTO temp.trace
SELECT id FROM mail_message
 WHERE hour IN (SELECT hour FROM mail_hour)
   AND message_id IN (?1, '<' || ?1 || '>', trim(?1, '<>'))
   AND received >= ?2 AND received < ?3
 ORDER BY received DESC LIMIT ?4;

-- Sender, recipient or account; the case of letters does not matter.  There is
-- no index of these, but filters that say where they may be (src/cmd/mailbox_walk.c).
-- name: trace_who_make
CREATE TEMP TABLE IF NOT EXISTS trace_who (id INTEGER PRIMARY KEY);

-- name: trace_who_put
-- All names are read: in the order that they lie in.
INSERT OR IGNORE INTO temp.trace_who
SELECT id FROM name NOT INDEXED WHERE text = ?1 COLLATE NOCASE;

-- name: trace_found_make
CREATE TEMP TABLE IF NOT EXISTS trace_found
 (received INTEGER, message INTEGER, PRIMARY KEY (received, message)) WITHOUT ROWID;

-- name: trace_filters
SELECT first, last, oldest, newest, bits FROM mailbox_filter;

-- name: trace_unfiltered
SELECT below, oldest, newest FROM mailbox_unfiltered;

-- trace_among_*: of the messages from id ?4 to ?5.  ?1 the mailbox, ?2 and ?3
-- received from and before.
-- name: trace_among_mailbox
INSERT OR IGNORE INTO temp.trace_found
SELECT m.received, m.id FROM mail_message m
 WHERE m.id BETWEEN ?4 AND ?5 AND +m.received >= ?2 AND +m.received < ?3
   AND (m.sender IN (SELECT id FROM temp.trace_who)
        OR m.auth_user IN (SELECT id FROM temp.trace_who))
UNION ALL
SELECT m.received, m.id
  FROM mail_recipient r CROSS JOIN mail_message m ON m.id = r.message
 WHERE r.message BETWEEN ?4 AND ?5 AND +m.received >= ?2 AND +m.received < ?3
   AND (r.recipient = ?1 COLLATE NOCASE OR r.orig_recipient = ?1 COLLATE NOCASE);

-- name: trace_among_auth_user
INSERT OR IGNORE INTO temp.trace_found
SELECT m.received, m.id FROM mail_message m
 WHERE m.id BETWEEN ?4 AND ?5 AND +m.received >= ?2 AND +m.received < ?3
   AND m.auth_user IN (SELECT id FROM temp.trace_who);

-- trace_below_*: of those below id ?4, at most ?5, the newest.  They walk back
-- from the end of the time asked for.
-- name: trace_below_mailbox
INSERT OR IGNORE INTO temp.trace_found
SELECT m.received, m.id FROM mail_message m
 WHERE m.id < ?4 AND m.received >= ?2 AND m.received < ?3
   AND (m.sender IN (SELECT id FROM temp.trace_who)
        OR m.auth_user IN (SELECT id FROM temp.trace_who)
        OR EXISTS (SELECT 1 FROM mail_recipient r
                    WHERE r.message = m.id
                      AND (r.recipient = ?1 COLLATE NOCASE
                           OR r.orig_recipient = ?1 COLLATE NOCASE)))
 ORDER BY m.received DESC, m.id DESC LIMIT ?5;

-- name: trace_below_auth_user
INSERT OR IGNORE INTO temp.trace_found
SELECT m.received, m.id FROM mail_message m
 WHERE m.id < ?4 AND m.received >= ?2 AND m.received < ?3
   AND m.auth_user IN (SELECT id FROM temp.trace_who)
 ORDER BY m.received DESC, m.id DESC LIMIT ?5;

-- The ?1 oldest are too many.
-- name: trace_found_trim
DELETE FROM temp.trace_found
 WHERE (received, message) IN
       (SELECT received, message FROM temp.trace_found
         ORDER BY received, message LIMIT ?1);

-- name: trace_found_oldest
SELECT min(received) FROM temp.trace_found;

-- name: trace_found_take
INSERT OR IGNORE INTO temp.trace SELECT message FROM temp.trace_found;

-- name: trace_drop_oldest
DELETE FROM temp.trace
 WHERE message = (SELECT m.id FROM temp.trace t CROSS JOIN mail_message m ON m.id = t.message
                   ORDER BY m.received, m.id LIMIT 1);

-- Bounces and other notifications of the messages found, and what the found
-- ones are notifications of.
-- name: trace_related
INSERT OR IGNORE INTO temp.trace
SELECT child.id
  FROM temp.trace t CROSS JOIN mail_message m ON m.id = t.message
  CROSS JOIN mail_message child ON child.parent_queue_id = m.queue_id
 WHERE child.host IS m.host AND child.received >= m.received
UNION
SELECT (SELECT p.id FROM mail_message p
         WHERE p.hour IN (SELECT hour FROM mail_hour) AND p.queue_id = m.parent_queue_id
           AND p.host IS m.host
           AND p.received <= m.received
         ORDER BY p.received DESC LIMIT 1)
  FROM temp.trace t CROSS JOIN mail_message m ON m.id = t.message
 WHERE m.parent_queue_id IS NOT NULL;

-- One row a fact.  An outcome is shown where no attempt tells it.  CROSS JOIN: from
-- the few messages found, and not from all that are stored.
-- name: trace_facts
WITH fact (message, time, rank, n, attempt, fact, recipient, final_queue_id,
           relay, disposition, stage, reply, dsn, reason, verdict, filter,
           score, threshold, signature, rule, reporter, source, "offset", line) AS
 (SELECT m.id, m.received, 1, 0, 0, 'received', NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM temp.trace t CROSS JOIN mail_message m ON m.id = t.message
  UNION ALL
  SELECT v.message, v.time, 2, v.n, 0, 'verdict', NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, v.verdict, v.filter, v.score, v.threshold,
         v.signature, v.rule, NULL, v.source, v."offset", v.line
    FROM temp.trace t CROSS JOIN mail_verdict v ON v.message = t.message
  UNION ALL
  SELECT a.message, a.time, 3, a.n, a.attempt, 'attempt', r.recipient,
         r.final_queue_id, a.relay, a.disposition, NULL, a.reply, a.dsn,
         a.reason, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         a.source, a."offset", a.line
    FROM temp.trace t
   CROSS JOIN mail_attempt a ON a.message = t.message
   CROSS JOIN mail_recipient r ON r.message = a.message AND r.n = a.n
  UNION ALL
  SELECT r.message, r.time, 3, r.n, 1, 'attempt', r.recipient,
         r.final_queue_id, r.relay, r.disposition, NULL, r.reply, r.dsn,
         r.reason, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         r.source, r."offset", r.line
    FROM temp.trace t
   CROSS JOIN mail_recipient r ON r.message = t.message AND r.sole = 1
  UNION ALL
  SELECT r.message, r.time, 4, r.n, 0,
         iif(r.disposition IS NULL, 'open', 'outcome'), r.recipient,
         r.final_queue_id, r.relay, r.disposition, r.stage, r.reply, r.dsn,
         r.reason, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         r.source, r."offset", r.line
    FROM temp.trace t
   CROSS JOIN mail_recipient r ON r.message = t.message
    LEFT JOIN mail_attempt a ON a.message = r.message AND a.n = r.n
         AND a.disposition IS r.disposition AND a.time = r.time
   WHERE a.message IS NULL AND r.sole IS NULL
  UNION ALL
  SELECT m.id, c.reported, 5, 0, 0, 'complaint', NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, c.kind, NULL, NULL, NULL, NULL, NULL, NULL, c.reporter,
         NULL, NULL, NULL
    FROM temp.trace t CROSS JOIN mail_message m ON m.id = t.message
    JOIN complaint c ON c.message_key = m.message_key)
SELECT printf('%016x', m.message_key) AS message_key, m.received, f.time, f.fact,
       host.text AS host, mta.text AS mta, m.queue_id,
       f.final_queue_id, m.parent_queue_id,
       client.text AS client_addr, m.client_port, client_name.text AS client_name,
       helo.text AS helo, protocol.text AS protocol, m.tls,
       auth_user.text AS auth_user, sender.text AS sender,
       f.recipient, m.size, m.message_id, m.subject,
       direction.text AS direction,
       relay.text AS relay, disposition.text AS disposition, stage.text AS stage,
       f.reply, f.dsn, f.reason, verdict.text AS verdict, filter.text AS filter,
       f.score, f.threshold, signature.text AS signature, rule.text AS rule,
       f.reporter, source.text AS source, f."offset", f.line
  FROM fact f
 CROSS JOIN mail_message m ON m.id = f.message
  LEFT JOIN name host ON host.id = m.host
  JOIN name mta ON mta.id = m.mta
  LEFT JOIN addr client ON client.id = m.client
  LEFT JOIN name client_name ON client_name.id = m.client_name
  LEFT JOIN name helo ON helo.id = m.helo
  LEFT JOIN name protocol ON protocol.id = m.protocol
  LEFT JOIN name auth_user ON auth_user.id = m.auth_user
  LEFT JOIN name sender ON sender.id = m.sender
  LEFT JOIN direction_name direction ON direction.id = m.direction
  LEFT JOIN name relay ON relay.id = f.relay
  LEFT JOIN disposition_name disposition ON disposition.id = f.disposition
  LEFT JOIN stage_name stage ON stage.id = f.stage
  LEFT JOIN verdict_name verdict ON verdict.id = f.verdict
  LEFT JOIN name filter ON filter.id = f.filter
  LEFT JOIN name signature ON signature.id = f.signature
  LEFT JOIN name rule ON rule.id = f.rule
  LEFT JOIN name source ON source.id = f.source
 ORDER BY m.received, m.id, f.time, f.rank, f.n, f.attempt;

-- What else is known of an address (?1 its bytes) from ?2 until ?3, at most ?4
-- of each: who held it, complaints, and what samples showed of it, by slots
-- of 5 minutes.  Packets are counted as sampled, not scaled.
-- name: trace_address
WITH RECURSIVE slots (slot) AS  -- sender_slot is in their order
 (SELECT max(slot) FROM sender_slot WHERE slot > ?2 - 300000000 AND slot < ?3
  UNION ALL
  SELECT (SELECT max(s.slot) FROM sender_slot s
           WHERE s.slot > ?2 - 300000000 AND s.slot < slots.slot)
    FROM slots WHERE slots.slot IS NOT NULL),
found AS
 (SELECT * FROM
   (SELECT h.start AS time, 'lease' AS fact, h.until, h.customer,
           h.port_first, h.port_last, NULL AS agent, NULL AS packets, NULL AS syn,
           NULL AS answered, NULL AS client_packets, NULL AS server_packets,
           NULL AS rate, NULL AS kind, h.source AS reporter,
           iif(l."end" IS NULL AND l.grace IS NOT NULL,
               printf('as is believed: no end was told, and it was last heard of at %s',
                      strftime('%Y-%m-%dT%H:%M:%SZ', l.seen / 1000000, 'unixepoch')), NULL) AS reason
      FROM lease_held h JOIN lease l ON l.id = h.id
     WHERE h.id IN (SELECT id FROM lease WHERE first = ?1 AND last = ?1
                  UNION ALL
                  SELECT id FROM lease WHERE first < last AND first <= ?1 AND last >= ?1)
       AND (h.start IS NULL OR h.start < ?3) AND (h.until IS NULL OR h.until > ?2)
     ORDER BY h.start DESC LIMIT ?4)
  UNION ALL
  SELECT * FROM
   (SELECT received, 'complaint', NULL, NULL, port, port, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, kind, reporter, NULL
      FROM complaint
     WHERE addr = (SELECT id FROM addr WHERE bytes = ?1)
       AND received >= ?2 AND received < ?3
     ORDER BY received DESC LIMIT ?4)
  UNION ALL
  SELECT * FROM
   (SELECT s.slot, 'flow', s.slot + 300000000, NULL, NULL, NULL, agent.text,
           s.packets, s.syn, s.answered, s.client_strong + s.client_weak,
           s.server_strong + s.server_weak, nullif(s.rate_max, 0), NULL, NULL, NULL
      FROM slots CROSS JOIN sender_slot s ON s.slot = slots.slot
      JOIN addr agent ON agent.id = s.agent
     WHERE s.addr = (SELECT id FROM addr WHERE bytes = ?1)
     ORDER BY s.slot DESC LIMIT ?4))
SELECT * FROM found ORDER BY time, fact, until;

-- What the answer covers: the time that the mail logs of the store are about.
-- name: trace_covers
SELECT min(first_time), max(last_time), count(*) FROM ledger WHERE kind = 'mail';
