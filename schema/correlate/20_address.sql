-- Step 2: every address that mail, flows or complaints of the day name, and
-- what we know of it.  own_host: one of our relays, filters and stores, or
-- loopback; nothing is ever said against it.  inside: in our own prefixes.

-- mail_sum by the right time: what the host's clock was ahead is taken off.
-- slack: so much surer it is than the worst.
DROP VIEW IF EXISTS temp.right_sum;
CREATE TEMP VIEW right_sum AS
SELECT h.hour, h.client, h.auth_user, h.host, h.first - h.ahead AS first, h.last - h.ahead AS last,
       h.transactions, h.messages, h.recipients, h.senders, h.helos, h.null_senders,
       h.spam, h.virus, h.adverse, h.banned, h.listed, h.clean,
       h.tried, h.failed, h.tempfailed, h.unknown, h.ahead, h.slack
  FROM (SELECT s.*, coalesce(k.ahead, 0) AS ahead,
               coalesce(r.mail_clock_error - k.error, 0) AS slack
          FROM temp.run r CROSS JOIN main.mail_sum s
          LEFT JOIN temp.clock k ON k.kind = 'mail' AND k.ref = s.host
         WHERE s.hour BETWEEN (r.day_start - r.mail_margin) / 3600000000
                          AND (r.day_end - 1 + r.mail_margin) / 3600000000) h, temp.run
 WHERE h.last - h.ahead >= run.day_start AND h.first - h.ahead < run.day_end;

-- Clients and logins of mail; 0: none.  mail_sum has been made up to date.
DROP TABLE IF EXISTS temp.day_login;
CREATE TEMP TABLE day_login (
  addr INTEGER, auth_user INTEGER,
  load INTEGER,                      -- transactions of the first hour, to share out by
  PRIMARY KEY (addr, auth_user)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.day_login
SELECT client, auth_user, transactions FROM temp.right_sum;

-- First those of mail: an address that is there stays as it is.  As a union that is
-- made DISTINCT and grouped it took a third longer.
DROP TABLE IF EXISTS temp.seen_addr;
CREATE TEMP TABLE seen_addr (addr INTEGER PRIMARY KEY, mail INTEGER);
INSERT OR IGNORE INTO temp.seen_addr SELECT addr, 1 FROM temp.day_login;
INSERT OR IGNORE INTO temp.seen_addr
SELECT s.addr, 0
  FROM temp.run CROSS JOIN main.sender_slot s
 WHERE s.slot > run.day_start - run.window - run.flow_margin - 300000000
   AND s.slot < run.day_end + run.window + run.flow_margin;
INSERT OR IGNORE INTO temp.seen_addr
SELECT coalesce(c.addr, m.client), 0
  FROM temp.run CROSS JOIN main.complaint c
  LEFT JOIN main.mail_message m ON m.message_key = c.message_key
   AND m.slot IN (SELECT slot FROM main.mail_slot)
 WHERE c.received >= run.day_start AND c.received < run.day_end
   AND coalesce(c.addr, m.client) IS NOT NULL;

DROP TABLE IF EXISTS temp.day_addr;
CREATE TEMP TABLE day_addr (
  addr     INTEGER PRIMARY KEY,
  bytes    BLOB NOT NULL,
  mail     INTEGER NOT NULL,         -- 1: client of a message of the day
  self     INTEGER NOT NULL,         -- the address as a customer
  own_host INTEGER NOT NULL DEFAULT 0,
  inside   INTEGER NOT NULL DEFAULT 0,
  allowed  INTEGER NOT NULL DEFAULT 0,
  leased   INTEGER NOT NULL DEFAULT 0,
  place    INTEGER,                  -- in lease_place: where to look for leases
  ours     INTEGER,                  -- 1: may be of a customer of our share (30_claim.sql)
  who      INTEGER                   -- where no lease tells (the same)
);
INSERT INTO temp.day_addr (addr, bytes, mail, self)
SELECT a.id, a.bytes, n.mail, text_no(a.text)
  FROM temp.seen_addr n CROSS JOIN main.addr a ON a.id = n.addr;
DROP TABLE temp.seen_addr;

UPDATE temp.day_addr
   SET own_host = 1
 WHERE EXISTS (SELECT 1 FROM temp.own_host o
                WHERE o.first <= day_addr.bytes AND o.last >= day_addr.bytes)
    OR bytes = x'00000000000000000000000000000000'
    OR bytes = x'00000000000000000000000000000001'
    OR bytes BETWEEN x'00000000000000000000ffff7f000000' AND x'00000000000000000000ffff7fffffff';
UPDATE temp.day_addr
   SET inside = 1
 WHERE EXISTS (SELECT 1 FROM temp.own_prefix p
                WHERE p.first <= day_addr.bytes AND p.last >= day_addr.bytes);
UPDATE temp.day_addr
   SET allowed = 1
 WHERE EXISTS (SELECT 1 FROM temp.allow w
                WHERE w.first <= day_addr.bytes AND w.last >= day_addr.bytes);
