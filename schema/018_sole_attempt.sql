-- Most recipients have one attempt, and its outcome is theirs: one row tells
-- both.  mail_attempt has those that a recipient's row does not tell.
ALTER TABLE mail_recipient ADD COLUMN relay_addr INTEGER REFERENCES addr (id); -- where sole
ALTER TABLE mail_recipient ADD COLUMN sole INTEGER; -- 1: the outcome is its one attempt

-- Every attempt.  Ask for one message's; in a join with many messages SQLite
-- reads all of it.
CREATE VIEW every_attempt AS
SELECT message, n, attempt, time, relay, relay_addr, disposition, reply, dsn,
       reason, source, "offset", line
  FROM mail_attempt
UNION ALL
SELECT message, n, 1, time, relay, relay_addr, disposition, reply, dsn,
       reason, source, "offset", line
  FROM mail_recipient WHERE sole = 1;

DROP VIEW attempt;
CREATE VIEW attempt AS
SELECT printf('%016x', m.message_key) AS message_key, recipient.text AS recipient,
       a.attempt, a.time, relay.text AS relay, disposition.text AS disposition,
       a.reply, a.dsn, a.reason, source.text AS source, a."offset", a.line
  FROM every_attempt a
  JOIN mail_message m ON m.id = a.message
  JOIN mail_recipient r ON r.message = a.message AND r.n = a.n
  LEFT JOIN name recipient ON recipient.id = r.recipient
  LEFT JOIN name relay ON relay.id = a.relay
  LEFT JOIN disposition_name disposition ON disposition.id = a.disposition
  LEFT JOIN name source ON source.id = a.source;
