-- Recipients' addresses are in their rows: most are met once, and each was two
-- writes at random places of the table name.  What a recipient's outcome means
-- is worked out once, when it is stored, and not by each who reads it.
PRAGMA legacy_alter_table = ON; -- views and references keep the name
CREATE TABLE mail_recipient_20 (
  message        INTEGER NOT NULL REFERENCES mail_message (id),
  n              INTEGER NOT NULL,
  recipient      TEXT,
  orig_recipient TEXT,
  final_queue_id TEXT,                      -- if not the message's own
  time           INTEGER NOT NULL,
  relay          INTEGER REFERENCES name (id),
  disposition    INTEGER,
  stage          INTEGER,
  reply          INTEGER,
  dsn            TEXT,
  reason         TEXT,
  source         INTEGER REFERENCES name (id),
  "offset"       INTEGER,
  line           INTEGER,
  relay_addr     INTEGER REFERENCES addr (id), -- where sole
  sole           INTEGER,                   -- 1: the outcome is its one attempt
  -- Bits, by disposition and stage (the numbers of 001_names.sql): 1 accepted,
  -- our server took the message for him, whatever became of it later; 2 reached;
  -- 4 known; 8 failed for good, which leaves out a full mailbox (x.2.2, RFC 3463)
  -- and refusals before RCPT, which are policy and not stale lists; 16 refused;
  -- 32 failed for now; 64 unknown user.  CASE, for AND asks both sides.
  outcome        INTEGER NOT NULL AS (
    CASE
    WHEN disposition = 1 THEN 7
    WHEN disposition = 3 OR disposition = 5 AND stage = 5 THEN
      20 | (disposition = 3) | iif(dsn LIKE '_.2.2', 0, 8)
         | iif(dsn LIKE '5.1.1' OR coalesce(reason, '') LIKE '%user unknown%'
               OR coalesce(reason, '') LIKE '%unknown user%'
               OR coalesce(reason, '') LIKE '%no such user%', 64, 0)
    WHEN disposition = 2 THEN 33
    WHEN disposition = 6 THEN 32 | (stage IS 7)
    WHEN disposition IN (4, 7, 8) OR stage = 7 THEN 1
    ELSE 0 END) STORED,
  hour           INTEGER AS ("time" / 3600000000) VIRTUAL, -- of the outcome
  PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;
INSERT INTO mail_recipient_20
       (message, n, recipient, orig_recipient, final_queue_id, time, relay,
        disposition, stage, reply, dsn, reason, source, "offset", line,
        relay_addr, sole)
SELECT r.message, r.n, recipient.text, orig.text, r.final_queue_id, r.time, r.relay,
       r.disposition, r.stage, r.reply, r.dsn, r.reason, r.source, r."offset", r.line,
       r.relay_addr, r.sole
  FROM mail_recipient r
  LEFT JOIN name recipient ON recipient.id = r.recipient
  LEFT JOIN name orig ON orig.id = r.orig_recipient
 ORDER BY r.message, r.n;
DROP TABLE mail_recipient;
ALTER TABLE mail_recipient_20 RENAME TO mail_recipient;

CREATE TABLE mail_hop_20 (
  queue_id  TEXT NOT NULL,                  -- the next server's
  message   INTEGER NOT NULL REFERENCES mail_message (id),
  recipient TEXT NOT NULL,
  time      INTEGER NOT NULL,               -- of the answer
  PRIMARY KEY (queue_id, message, recipient)
) STRICT, WITHOUT ROWID;
INSERT INTO mail_hop_20
SELECT h.queue_id, h.message, n.text, h.time
  FROM mail_hop h JOIN name n ON n.id = h.recipient;
DROP TABLE mail_hop;
ALTER TABLE mail_hop_20 RENAME TO mail_hop;
PRAGMA legacy_alter_table = OFF;
CREATE INDEX mail_recipient_final ON mail_recipient (hour, final_queue_id)
 WHERE final_queue_id IS NOT NULL;
CREATE INDEX mail_hop_message ON mail_hop (message);

DROP VIEW mail_outcome;
CREATE VIEW mail_outcome AS
SELECT message, n, recipient, time, outcome & 1 AS accepted, outcome >> 1 & 1 AS reached,
       outcome >> 2 & 1 AS known, outcome >> 3 & 1 AS failed, outcome >> 4 & 1 AS refused,
       outcome >> 5 & 1 AS tempfailed, outcome >> 6 & 1 AS unknown
  FROM mail_recipient;

DROP VIEW delivery;
CREATE VIEW delivery AS
SELECT printf('%016x', m.message_key) AS message_key,
       m.received, r.time,
       host.text AS host, mta.text AS mta, instance.text AS instance,
       m.queue_id, r.final_queue_id,
       client.text AS client_addr, m.client_port, client_name.text AS client_name,
       helo.text AS helo, protocol.text AS protocol, m.tls, auth_user.text AS auth_user,
       sender.text AS sender, r.recipient, r.orig_recipient,
       m.size, m.message_id, m.subject, relay.text AS relay,
       disposition.text AS disposition, stage.text AS stage, r.reply, r.dsn, r.reason,
       verdict.text AS verdict, filter.text AS filter, m.score, m.threshold,
       signature.text AS signature, rule.text AS rule,
       direction.text AS direction,
       source.text AS source, r."offset", r.line
  FROM mail_message m
  JOIN mail_recipient r ON r.message = m.id
  LEFT JOIN name host ON host.id = m.host
  JOIN name mta ON mta.id = m.mta
  LEFT JOIN name instance ON instance.id = m.instance
  LEFT JOIN addr client ON client.id = m.client
  LEFT JOIN name client_name ON client_name.id = m.client_name
  LEFT JOIN name helo ON helo.id = m.helo
  LEFT JOIN name protocol ON protocol.id = m.protocol
  LEFT JOIN name auth_user ON auth_user.id = m.auth_user
  LEFT JOIN name sender ON sender.id = m.sender
  LEFT JOIN name relay ON relay.id = r.relay
  LEFT JOIN disposition_name disposition ON disposition.id = r.disposition
  LEFT JOIN stage_name stage ON stage.id = r.stage
  LEFT JOIN verdict_name verdict ON verdict.id = m.verdict
  LEFT JOIN name filter ON filter.id = m.filter
  LEFT JOIN name signature ON signature.id = m.signature
  LEFT JOIN name rule ON rule.id = m.rule
  LEFT JOIN direction_name direction ON direction.id = m.direction
  LEFT JOIN name source ON source.id = r.source;

DROP VIEW attempt;
CREATE VIEW attempt AS
SELECT printf('%016x', m.message_key) AS message_key, r.recipient,
       a.attempt, a.time, relay.text AS relay, disposition.text AS disposition,
       a.reply, a.dsn, a.reason, source.text AS source, a."offset", a.line
  FROM every_attempt a
  JOIN mail_message m ON m.id = a.message
  JOIN mail_recipient r ON r.message = a.message AND r.n = a.n
  LEFT JOIN name relay ON relay.id = a.relay
  LEFT JOIN disposition_name disposition ON disposition.id = a.disposition
  LEFT JOIN name source ON source.id = a.source;
