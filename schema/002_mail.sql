-- Mail: messages (or rejected transactions), one row a recipient, every
-- attempt, every verdict.  The views have the record's names (doc/record.md).
CREATE TABLE mail_message (
  id             INTEGER PRIMARY KEY,
  message_key    INTEGER NOT NULL UNIQUE,   -- printed as 16 hex digits
  received       INTEGER NOT NULL,
  host           INTEGER REFERENCES name (id),
  mta            INTEGER NOT NULL REFERENCES name (id),
  instance       INTEGER REFERENCES name (id),
  queue_id       TEXT,
  client         INTEGER REFERENCES addr (id),
  client_port    INTEGER,
  client_name    INTEGER REFERENCES name (id),
  helo           INTEGER REFERENCES name (id),
  protocol       INTEGER REFERENCES name (id),
  tls            INTEGER,
  auth_user      INTEGER REFERENCES name (id),
  sender         INTEGER REFERENCES name (id),
  size           INTEGER,
  message_id     TEXT,
  subject        TEXT,
  direction      INTEGER,
  relay_host     INTEGER REFERENCES addr (id), -- own host it came from, if a hop was linked
  parent_queue_id TEXT,                       -- of what this is a notification about
  -- the worst verdict, copied from mail_verdict by the importer
  verdict        INTEGER,
  filter         INTEGER REFERENCES name (id),
  score          REAL,
  threshold      REAL,
  signature      INTEGER REFERENCES name (id),
  rule           INTEGER REFERENCES name (id)
) STRICT;
CREATE INDEX mail_message_client ON mail_message (client, received);
CREATE INDEX mail_message_received ON mail_message (received);
CREATE INDEX mail_message_queue_id ON mail_message (queue_id);
CREATE INDEX mail_message_message_id ON mail_message (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX mail_message_parent ON mail_message (parent_queue_id) WHERE parent_queue_id IS NOT NULL;

CREATE TABLE mail_recipient (
  message        INTEGER NOT NULL REFERENCES mail_message (id),
  n              INTEGER NOT NULL,
  recipient      INTEGER REFERENCES name (id),
  orig_recipient INTEGER REFERENCES name (id),
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
  PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;
-- People look for the id they see in the log, which may be the later one.
CREATE INDEX mail_recipient_final ON mail_recipient (final_queue_id) WHERE final_queue_id IS NOT NULL;

CREATE TABLE mail_attempt (
  message     INTEGER NOT NULL REFERENCES mail_message (id),
  n           INTEGER NOT NULL,             -- the recipient's
  attempt     INTEGER NOT NULL,             -- from 1, in order of time
  time        INTEGER NOT NULL,
  relay       INTEGER REFERENCES name (id),
  relay_addr  INTEGER REFERENCES addr (id),
  disposition INTEGER NOT NULL,
  reply       INTEGER,
  dsn         TEXT,
  reason      TEXT,
  source      INTEGER REFERENCES name (id),
  "offset"    INTEGER,
  line        INTEGER,
  PRIMARY KEY (message, n, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_verdict (
  message   INTEGER NOT NULL REFERENCES mail_message (id),
  n         INTEGER NOT NULL,
  filter    INTEGER NOT NULL REFERENCES name (id),
  verdict   INTEGER NOT NULL,
  score     REAL,
  threshold REAL,
  signature INTEGER REFERENCES name (id),
  rule      INTEGER REFERENCES name (id),
  time      INTEGER NOT NULL,
  source    INTEGER REFERENCES name (id),
  "offset"  INTEGER,
  line      INTEGER,
  PRIMARY KEY (message, n)
) STRICT, WITHOUT ROWID;

-- The assembler's open messages and waiting verdicts between runs: one blob
-- each, written and read by src/ingest/ alone.
CREATE TABLE open_message (
  id    INTEGER PRIMARY KEY,
  state BLOB NOT NULL
) STRICT;
CREATE TABLE pending_verdict (
  id    INTEGER PRIMARY KEY,
  time  INTEGER NOT NULL,
  state BLOB NOT NULL
) STRICT;
-- Sessions and refusals of the last seconds.
CREATE TABLE assembler_state (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  now   INTEGER NOT NULL,      -- event time
  state BLOB NOT NULL
) STRICT;

CREATE VIEW delivery AS
SELECT printf('%016x', m.message_key) AS message_key,
       m.received, r.time,
       host.text AS host, mta.text AS mta, instance.text AS instance,
       m.queue_id, r.final_queue_id,
       client.text AS client_addr, m.client_port, client_name.text AS client_name,
       helo.text AS helo, protocol.text AS protocol, m.tls, auth_user.text AS auth_user,
       sender.text AS sender, recipient.text AS recipient, orig_recipient.text AS orig_recipient,
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
  LEFT JOIN name recipient ON recipient.id = r.recipient
  LEFT JOIN name orig_recipient ON orig_recipient.id = r.orig_recipient
  LEFT JOIN name relay ON relay.id = r.relay
  LEFT JOIN disposition_name disposition ON disposition.id = r.disposition
  LEFT JOIN stage_name stage ON stage.id = r.stage
  LEFT JOIN verdict_name verdict ON verdict.id = m.verdict
  LEFT JOIN name filter ON filter.id = m.filter
  LEFT JOIN name signature ON signature.id = m.signature
  LEFT JOIN name rule ON rule.id = m.rule
  LEFT JOIN direction_name direction ON direction.id = m.direction
  LEFT JOIN name source ON source.id = r.source;

CREATE VIEW attempt AS
SELECT printf('%016x', m.message_key) AS message_key, recipient.text AS recipient,
       a.attempt, a.time, relay.text AS relay, disposition.text AS disposition,
       a.reply, a.dsn, a.reason, source.text AS source, a."offset", a.line
  FROM mail_attempt a
  JOIN mail_message m ON m.id = a.message
  JOIN mail_recipient r ON r.message = a.message AND r.n = a.n
  LEFT JOIN name recipient ON recipient.id = r.recipient
  LEFT JOIN name relay ON relay.id = a.relay
  LEFT JOIN disposition_name disposition ON disposition.id = a.disposition
  LEFT JOIN name source ON source.id = a.source;

CREATE VIEW verdict AS
SELECT printf('%016x', m.message_key) AS message_key, filter.text AS filter,
       verdict.text AS verdict, v.score, v.threshold, signature.text AS signature,
       rule.text AS rule, v.time, source.text AS source, v."offset", v.line
  FROM mail_verdict v
  JOIN mail_message m ON m.id = v.message
  JOIN name filter ON filter.id = v.filter
  JOIN verdict_name verdict ON verdict.id = v.verdict
  LEFT JOIN name signature ON signature.id = v.signature
  LEFT JOIN name rule ON rule.id = v.rule
  LEFT JOIN name source ON source.id = v.source;
