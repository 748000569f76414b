-- Refusals for policy (x.7.x, RFC 3463 3.8) that speak of who hands the mail over,
-- our server, and not of the customer's mail or his list of recipients, are no
-- failed recipients any more.  When our smarthost is on a block list at a large
-- provider, every customer's mail is refused there.
PRAGMA legacy_alter_table = ON; -- views and references keep the name
CREATE TABLE mail_recipient_new (
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
  -- 4 known; 8 failed for good, which leaves out a full mailbox (x.2.2, RFC 3463),
  -- a block of who hands it over (x.7.x whose text says so) and refusals before
  -- RCPT, which are policy, too, and not stale lists; 16 refused; 32 failed for
  -- now; 64 unknown user.  CASE, for AND asks both sides.
  outcome        INTEGER NOT NULL AS (
    CASE
    WHEN disposition = 1 THEN 7
    WHEN disposition = 3 OR disposition = 5 AND stage = 5 THEN
      20 | (disposition = 3) | iif(dsn LIKE '_.2.2'
               OR dsn LIKE '_.7.%'
               AND (reason LIKE '%block list%' OR reason LIKE '%blocklist%'
                    OR reason LIKE '%blacklist%' OR reason LIKE '%dnsbl%' OR reason LIKE '%listed%'
                    OR reason LIKE '%reputation%' OR reason LIKE '%client host%')
               AND NOT (reason LIKE '%user unknown%' OR reason LIKE '%unknown user%'
                        OR reason LIKE '%no such user%'), 0, 8)
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
INSERT INTO mail_recipient_new
       (message, n, recipient, orig_recipient, final_queue_id, time, relay,
       disposition, stage, reply, dsn, reason, source, "offset", line,
       relay_addr, sole)
SELECT message, n, recipient, orig_recipient, final_queue_id, time, relay,
       disposition, stage, reply, dsn, reason, source, "offset", line,
       relay_addr, sole
  FROM mail_recipient
 ORDER BY message, n;
DROP TABLE mail_recipient;
ALTER TABLE mail_recipient_new RENAME TO mail_recipient;
PRAGMA legacy_alter_table = OFF;
CREATE INDEX mail_recipient_final ON mail_recipient (hour, final_queue_id)
 WHERE final_queue_id IS NOT NULL;
INSERT OR IGNORE INTO mail_sum_due
SELECT DISTINCT m.hour, coalesce(m.client, 0)
  FROM mail_recipient r JOIN mail_message m ON m.id = r.message
 WHERE r.dsn LIKE '_.7.%';
UPDATE metric_name
   SET meaning = 'of these, those refused for good; without full mailboxes, blocks of our server (x.7.x) and adverse messages'
 WHERE metric = 'failed_recipients';
