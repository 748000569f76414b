-- Whatever is looked for by something random (a key, a client, a queue id, a
-- Message-ID) is looked for hour by hour: its index begins with the hour, so
-- that an import writes at one end of it.  Without, each batch rewrote nearly
-- all pages of each index: 58 GB to store 2 GB of logs.  The hours that there
-- are come from mail_hour, a few microseconds each.
PRAGMA legacy_alter_table = ON; -- views and references keep the name
CREATE TABLE mail_message_15 (
  id             INTEGER PRIMARY KEY,
  message_key    INTEGER NOT NULL,          -- printed as 16 hex digits
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
  rule           INTEGER REFERENCES name (id),
  hour           INTEGER AS (received / 3600000000) VIRTUAL -- since 1970
) STRICT;
INSERT INTO mail_message_15
       (id, message_key, received, host, mta, instance, queue_id, client,
        client_port, client_name, helo, protocol, tls, auth_user, sender, size,
        message_id, subject, direction, relay_host, parent_queue_id, verdict,
        filter, score, threshold, signature, rule)
SELECT id, message_key, received, host, mta, instance, queue_id, client,
       client_port, client_name, helo, protocol, tls, auth_user, sender, size,
       message_id, subject, direction, relay_host, parent_queue_id, verdict,
       filter, score, threshold, signature, rule
  FROM mail_message ORDER BY id;
DROP TABLE mail_message;
ALTER TABLE mail_message_15 RENAME TO mail_message;
PRAGMA legacy_alter_table = OFF;

-- The key is made of received and more: the same key is in the same hour.
CREATE UNIQUE INDEX mail_message_key ON mail_message (hour, message_key);
CREATE INDEX mail_message_client ON mail_message (hour, client, received);
CREATE INDEX mail_message_queue_id ON mail_message (hour, queue_id);
CREATE INDEX mail_message_message_id ON mail_message (hour, message_id)
 WHERE message_id IS NOT NULL;
CREATE INDEX mail_message_received ON mail_message (received);
CREATE INDEX mail_message_parent ON mail_message (parent_queue_id)
 WHERE parent_queue_id IS NOT NULL;

ALTER TABLE mail_recipient ADD COLUMN hour INTEGER AS ("time" / 3600000000) VIRTUAL; -- of the outcome
DROP INDEX mail_recipient_final;
CREATE INDEX mail_recipient_final ON mail_recipient (hour, final_queue_id)
 WHERE final_queue_id IS NOT NULL;

-- Hours in which messages were received; and in which ones that had a later
-- queue id had an outcome.
CREATE VIEW mail_hour AS
WITH RECURSIVE h (hour) AS (
  SELECT min(hour) FROM mail_message
  UNION ALL
  SELECT (SELECT min(m.hour) FROM mail_message m WHERE m.hour > h.hour)
    FROM h WHERE h.hour IS NOT NULL)
SELECT hour FROM h WHERE hour IS NOT NULL;
CREATE VIEW final_hour AS
WITH RECURSIVE h (hour) AS (
  SELECT min(hour) FROM mail_recipient WHERE final_queue_id IS NOT NULL
  UNION ALL
  SELECT (SELECT min(r.hour) FROM mail_recipient r
           WHERE r.hour > h.hour AND r.final_queue_id IS NOT NULL)
    FROM h WHERE h.hour IS NOT NULL)
SELECT hour FROM h WHERE hour IS NOT NULL;
