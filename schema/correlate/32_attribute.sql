-- Step 5: the customer of each message that is looked at by itself, and of each
-- complaint.  A claim in doubt is kept under the address, never under one of the
-- customers who may have been its holder.
DROP TABLE IF EXISTS temp.doubt_name;
CREATE TEMP TABLE doubt_name (doubt INTEGER PRIMARY KEY, text TEXT);
INSERT INTO temp.doubt_name VALUES
  (-1, 'shared_address'), (-2, 'overlapping_leases'), (-3, 'lease_change'), (-4, 'lease_edge'),
  (-5, 'lease_silent');

DROP TABLE IF EXISTS temp.asking;
CREATE TEMP TABLE asking (
  what TEXT, ref INTEGER, addr INTEGER, port INTEGER, time INTEGER, who INTEGER,
  hour INTEGER, auth_user INTEGER, host INTEGER, -- of mail: as in day_hour, with addr
  message_key INTEGER, sender INTEGER, helo INTEGER, verdict INTEGER -- and as stored
);
-- An hour of a client is read in one go, whoever logged in.
INSERT INTO temp.asking
SELECT 'm', m.id, m.client, m.client_port, m.received - h.ahead,
       coalesce(iif(p.asks, holder_of(m.client, m.client_port, m.received - h.ahead,
                                      m.received - h.ahead, h.slack) << 3 | 2, NULL), p.who),
       h.hour, h.auth_user, h.host, m.message_key, m.sender, m.helo, m.verdict
  FROM temp.run
 CROSS JOIN (SELECT hour, client, min(first + ahead) AS first, max(last + ahead) AS last
               FROM temp.day_hour WHERE apart = 1 GROUP BY hour, client) k
 CROSS JOIN main.mail_message m ON m.hour = k.hour AND m.client IS nullif(k.client, 0)
   AND m.received BETWEEN max(k.first, run.day_start - run.mail_margin)
                      AND min(k.last, run.day_end - 1 + run.mail_margin)
   AND m.parent_queue_id IS NULL
 CROSS JOIN temp.day_hour h ON h.hour = k.hour AND h.client = k.client
   AND h.auth_user = coalesce(m.auth_user, 0) AND h.host = coalesce(m.host, 0)
   AND h.apart = 1 AND m.received - h.ahead BETWEEN run.day_start AND run.day_end - 1
 CROSS JOIN temp.peer p ON p.addr = h.client AND p.auth_user = h.auth_user;

-- A complaint about a message we have follows the message, for whoever sent it
-- is known better from our own log.
INSERT INTO temp.asking
SELECT 'c', c.id, iif(q.addr IS NULL, coalesce(c.addr, m.client), m.client),
       iif(q.addr IS NULL, c.port, m.client_port), c.received,
       CASE WHEN q.addr IS NULL THEN
              coalesce(iif(p.asks, holder_of(p.addr, c.port, c.received, c.received, 0) << 3 | 2, NULL), p.who)
            ELSE
              coalesce(iif(q.asks, holder_of(q.addr, m.client_port, m.received - coalesce(k.ahead, 0),
                                             m.received - coalesce(k.ahead, 0),
                                             coalesce(run.mail_clock_error - k.error, 0)) << 3 | 2, NULL), q.who)
       END, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM temp.run CROSS JOIN main.complaint c
  LEFT JOIN main.mail_message m ON m.message_key = c.message_key
   AND m.slot IN (SELECT slot FROM main.mail_slot)
  LEFT JOIN temp.clock k ON k.kind = 'mail' AND k.ref = m.host
  JOIN temp.peer p ON p.addr = coalesce(c.addr, m.client) AND p.auth_user = 0
   AND (p.asks OR p.who IS NOT NULL)
  LEFT JOIN temp.peer q ON q.addr = coalesce(m.client, 0)
   AND q.auth_user = coalesce(m.auth_user, 0) AND m.parent_queue_id IS NULL
   AND m.received - coalesce(k.ahead, 0) >= run.day_start
   AND m.received - coalesce(k.ahead, 0) < run.day_end
   AND (q.asks OR q.who IS NOT NULL)
 WHERE c.received >= run.day_start AND c.received < run.day_end;

DROP TABLE IF EXISTS temp.attributed;
CREATE TEMP TABLE attributed (
  what  TEXT, ref INTEGER, addr INTEGER, port INTEGER, time INTEGER,
  cust  INTEGER, rank INTEGER,
  doubt INTEGER,                     -- in doubt_name
  -- Of mail, as stored, so that the message is read once.
  message_key INTEGER, sender INTEGER, helo INTEGER, auth_user INTEGER, verdict INTEGER,
  PRIMARY KEY (what, ref)
) WITHOUT ROWID;
INSERT INTO temp.attributed
SELECT k.what, k.ref, k.addr, k.port, k.time, iif(k.who < 0, a.self, k.who >> 3), k.who & 7,
       iif(k.who < 0, k.who >> 3, NULL),
       k.message_key, k.sender, k.helo, nullif(k.auth_user, 0), k.verdict
  FROM temp.asking k
  LEFT JOIN temp.day_addr a ON a.addr = k.addr
 WHERE k.who IS NOT NULL
   AND (k.what = 'm' AND k.who < 0 -- may be of a customer of ours, see below
        OR in_share(iif(k.who < 0, a.self, k.who >> 3)));

-- How much of an hour that was looked into is whose, where that is clear.
DROP TABLE IF EXISTS temp.part_hour;
CREATE TEMP TABLE part_hour (
  cust INTEGER, rank INTEGER, hour INTEGER, client INTEGER, auth_user INTEGER, host INTEGER,
  n INTEGER,                         -- transactions
  PRIMARY KEY (cust, hour, client, auth_user, host)) WITHOUT ROWID;
INSERT INTO temp.part_hour
SELECT who >> 3, min(who & 7), hour, coalesce(addr, 0), auth_user, host, count(*)
  FROM temp.asking
 WHERE what = 'm' AND who > 0 AND in_share(who >> 3)
 GROUP BY 1, 3, 4, 5, 6;
DROP TABLE temp.asking;
CREATE INDEX temp.attributed_doubt ON attributed (cust, what, time) WHERE doubt IS NOT NULL;
