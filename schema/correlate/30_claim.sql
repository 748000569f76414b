-- Step 4: who an address and a login are, and everything that wants a customer:
-- hours of mail, and what flows show of an address in a slot or a sample.
--
-- Customers are numbers here (src/correlate/holders.h), and "who" is one number
-- for a customer and the step of the ladder: customer << 3 | rank, with the rank
-- 1 auth_user 2 lease 3 own_address 4 remote; or for a doubt: its reason, which
-- is negative, in the place of the customer.
--
-- From here on the customers of other workers are left out (in_share), as soon as
-- it is known whose something is.

-- Accounts: the letters of the log's auth_user, else the same in another case
-- if that is only one customer's.
DROP TABLE IF EXISTS temp.day_account;
CREATE TEMP TABLE day_account (
  auth_user INTEGER PRIMARY KEY, customer TEXT, text TEXT);
INSERT INTO temp.day_account
SELECT n.id,
       coalesce((SELECT a.customer FROM temp.account a WHERE a.auth_user = n.text),
                (SELECT min(a.customer) FROM temp.account a
                  WHERE a.auth_user = n.text COLLATE NOCASE
                 HAVING count(DISTINCT a.customer) = 1)), n.text
  FROM (SELECT DISTINCT auth_user FROM temp.day_login WHERE auth_user <> 0) d
  JOIN main.name n ON n.id = d.auth_user;

UPDATE temp.day_addr SET who = self << 3 | iif(inside, 3, 4) WHERE NOT own_host;
-- The ladder of doc/classes.md, for each address and login (0: none).
-- asks: leases of the address go before "who"; NULL: nobody.
DROP TABLE IF EXISTS temp.peer;
CREATE TEMP TABLE peer (
  addr INTEGER, auth_user INTEGER, asks INTEGER, who INTEGER,
  PRIMARY KEY (addr, auth_user)) WITHOUT ROWID;
INSERT INTO temp.peer
SELECT l.addr, l.auth_user,
       d.customer IS NULL AND coalesce(a.leased AND NOT a.own_host, 0),
       CASE WHEN d.customer IS NOT NULL THEN text_no(d.customer) << 3 | 1
            WHEN l.addr = 0 OR a.own_host THEN NULL
            WHEN a.inside THEN a.who
            -- who logs in to us is ours, wherever he is
            WHEN d.auth_user IS NOT NULL THEN text_no(d.text) << 3 | 1
            ELSE a.who END
  FROM (SELECT addr, auth_user FROM temp.day_login
        UNION SELECT addr, 0 FROM temp.day_addr) l
  LEFT JOIN temp.day_addr a ON a.addr = l.addr
  LEFT JOIN temp.day_account d ON d.auth_user = l.auth_user;

-- Mail by hour, client, login and host.  apart: 1 if who it was is to be asked of each
-- message, for the address changed hands, or the day begins or ends in the
-- hour; 2 if its figures are wanted of each (step 6); else it is one claim.
DROP TABLE IF EXISTS temp.day_hour;
CREATE TEMP TABLE day_hour (
  hour INTEGER, client INTEGER, auth_user INTEGER, host INTEGER, first INTEGER, last INTEGER,
  transactions INTEGER, messages INTEGER, recipients INTEGER, senders INTEGER,
  helos INTEGER, null_senders INTEGER, spam INTEGER, virus INTEGER,
  adverse INTEGER, banned INTEGER, listed INTEGER, clean INTEGER,
  tried INTEGER, failed INTEGER, tempfailed INTEGER, unknown INTEGER,
  ahead INTEGER, slack INTEGER, who INTEGER, apart INTEGER,
  PRIMARY KEY (hour, client, auth_user, host)
) WITHOUT ROWID;
INSERT INTO temp.day_hour
SELECT *
  FROM (SELECT h.*,
               coalesce(iif(p.asks, holder_of(h.client, NULL, h.first, h.last, h.slack) << 3 | 2, NULL),
                        p.who) AS who,
               h.first < run.day_start OR h.last >= run.day_end AS apart
          FROM temp.run CROSS JOIN temp.right_sum h
          JOIN temp.peer p ON p.addr = h.client AND p.auth_user = h.auth_user
         WHERE p.asks OR p.who IS NOT NULL
         LIMIT -1) -- so that it is asked once
 WHERE apart OR who < 0 OR in_share(who >> 3);
UPDATE temp.day_hour SET apart = 1 WHERE who < 0;

-- What flows show of each address.  A slot that saw the address change hands,
-- or of an address that customers share by ports, is taken apart into its
-- samples, which have a time and a port of their own; if retention has taken
-- the samples, the slot stays whole and will be in doubt.
DROP TABLE IF EXISTS temp.split_slot;
CREATE TEMP TABLE split_slot (
  addr INTEGER, slot INTEGER, agent INTEGER,
  PRIMARY KEY (addr, slot, agent)) WITHOUT ROWID;
INSERT INTO temp.split_slot
SELECT s.addr, s.slot, s.agent
  FROM temp.run CROSS JOIN main.sender_slot s
  JOIN temp.day_addr a ON a.addr = s.addr AND a.leased AND NOT a.own_host
  LEFT JOIN temp.clock k ON k.kind = 'flow' AND k.ref = s.agent
 WHERE s.slot > run.day_start - run.window - run.flow_margin - 300000000
   AND s.slot < run.day_end + run.window + run.flow_margin
   AND holder_parts(s.addr, s.first - coalesce(k.ahead, 0), s.last - coalesce(k.ahead, 0));

DROP TABLE IF EXISTS temp.sampled;
CREATE TEMP TABLE sampled (
  addr INTEGER, port INTEGER, agent INTEGER, slot INTEGER,
  first INTEGER, last INTEGER, packets INTEGER, syn INTEGER, answered INTEGER, rst INTEGER,
  client_strong INTEGER, client_weak INTEGER,
  server_strong INTEGER, server_weak INTEGER, peers INTEGER, rate INTEGER,
  who INTEGER
);
-- 2 = SYN, 16 = ACK.  out: the address sent the packet.
INSERT INTO temp.sampled
SELECT p.me, p.my_port, p.agent, p.slot,
       p.time - coalesce(k.ahead, 0), p.time - coalesce(k.ahead, 0), 1,
       p.role = 'client' AND p.out AND p.opens,
       p.role = 'client' AND NOT p.out AND p.answers,
       coalesce(p.flags & 4 = 4, 0),
       p.role = 'client' AND p.out AND p.opens,
       p.role = 'client' AND NOT (p.out AND p.opens),
       p.role = 'server' AND p.out AND p.answers,
       p.role = 'server' AND NOT (p.out AND p.answers),
       1, p.rate,
       coalesce(iif(w.asks, holder_of(p.me, p.my_port, p.time - coalesce(k.ahead, 0),
                                  p.time - coalesce(k.ahead, 0), 0) << 3 | 2, NULL), w.who)
  FROM (SELECT q.*,
               CASE WHEN my_mail AND NOT peer_mail THEN 'server'
                    WHEN peer_mail AND NOT my_mail THEN 'client'
                    WHEN my_mail AND peer_mail AND opens THEN iif(out, 'client', 'server')
                    WHEN my_mail AND peer_mail AND answers THEN iif(out, 'server', 'client')
                    ELSE '' END AS role
          FROM (SELECT e.*, e.my_port IN (SELECT port FROM temp.mail_port) AS my_mail,
                       e.peer_port IN (SELECT port FROM temp.mail_port) AS peer_mail,
                       coalesce(e.flags & 18 = 2, 0) AS opens,
                       coalesce(e.flags & 18 = 18, 0) AS answers
                  FROM (SELECT s.src AS me, s.src_port AS my_port, s.dst_port AS peer_port,
                               1 AS out, s.agent, s.time, s.flags, s.rate,
                               s.time - s.time % 300000000 AS slot
                          FROM temp.run CROSS JOIN main.smtp_sample s
                         WHERE EXISTS (SELECT 1 FROM temp.split_slot)
                           AND s.time >= run.day_start - run.window - run.flow_margin - 300000000
                           AND s.time < run.day_end + run.window + run.flow_margin + 300000000
                        UNION ALL
                        SELECT s.dst, s.dst_port, s.src_port, 0, s.agent, s.time, s.flags, s.rate,
                               s.time - s.time % 300000000
                          FROM temp.run CROSS JOIN main.smtp_sample s
                         WHERE EXISTS (SELECT 1 FROM temp.split_slot)
                           AND s.time >= run.day_start - run.window - run.flow_margin - 300000000
                           AND s.time < run.day_end + run.window + run.flow_margin + 300000000) e
                  JOIN temp.split_slot x
                    ON x.addr = e.me AND x.slot = e.slot AND x.agent = e.agent) q) p
  JOIN temp.peer w ON w.addr = p.me AND w.auth_user = 0
  LEFT JOIN temp.clock k ON k.kind = 'flow' AND k.ref = p.agent;
DROP TABLE IF EXISTS temp.sampled_slot;
CREATE TEMP TABLE sampled_slot (
  addr INTEGER, slot INTEGER, agent INTEGER,
  PRIMARY KEY (addr, slot, agent)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.sampled_slot
SELECT addr, slot, agent FROM temp.sampled;

-- Slots and samples, each customer's together and in order.  client: packets that
-- show a client.  A SYN/ACK or a RST that came to an address does not: whoever
-- forges the address of a customer has such answers sent to him.
DROP TABLE IF EXISTS temp.sighting;
CREATE TEMP TABLE sighting (
  cust   INTEGER,                    -- in doubt: the address
  addr   INTEGER, first INTEGER, agent INTEGER,
  n      INTEGER,                    -- the slot, or the sample's row
  last   INTEGER, port INTEGER, rank INTEGER,
  doubt  INTEGER,                    -- NULL, or the reason
  packets INTEGER, client INTEGER, client_strong INTEGER, syn INTEGER, answered INTEGER,
  rst INTEGER, server_strong INTEGER, server_weak INTEGER, rate INTEGER,
  in_day INTEGER, mail_covered INTEGER, allowed INTEGER,
  PRIMARY KEY (cust, addr, first, agent, n)
) WITHOUT ROWID;
INSERT INTO temp.sighting
SELECT iif(q.who < 0, q.self, q.who >> 3), q.addr, q.first, q.agent, q.n, q.last, q.port,
       iif(q.who < 0, 2, q.who & 7), iif(q.who < 0, q.who >> 3, NULL),
       q.packets, q.client_strong + max(0, q.client_weak - q.answered - q.rst),
       q.client_strong, q.syn, q.answered, q.rst, q.server_strong, q.server_weak, q.rate,
       q.first >= run.day_start AND q.first < run.day_end,
       q.first - q.first % 3600000000 IN (SELECT hour FROM temp.log_hour), q.allowed
  FROM temp.run
 CROSS JOIN (SELECT x.rowid AS n, x.addr, x.port, x.agent, x.first, x.last, x.packets, x.syn,
                    x.answered, x.rst, x.client_strong, x.client_weak, x.server_strong,
                    x.server_weak, x.rate, x.who, d.self, d.allowed
               FROM temp.sampled x JOIN temp.day_addr d ON d.addr = x.addr
              WHERE x.who IS NOT NULL
             UNION ALL
             SELECT s.slot, s.addr, NULL, s.agent, s.first - coalesce(k.ahead, 0),
                    s.last - coalesce(k.ahead, 0), s.packets, s.syn, s.answered, s.rst,
                    s.client_strong, s.client_weak, s.server_strong, s.server_weak,
                    iif(s.rate_min = 0, 0, s.rate_max), -- of some the rate is unknown: of all
                    coalesce(iif(d.leased, holder_of(s.addr, NULL, s.first - coalesce(k.ahead, 0),
                                                 s.last - coalesce(k.ahead, 0), 0) << 3 | 2, NULL), d.who),
                    d.self, d.allowed
               FROM temp.run r CROSS JOIN main.sender_slot s
               JOIN temp.day_addr d ON d.addr = s.addr
               LEFT JOIN temp.clock k ON k.kind = 'flow' AND k.ref = s.agent
              WHERE s.slot > r.day_start - r.window - r.flow_margin - 300000000
                AND s.slot < r.day_end + r.window + r.flow_margin
                AND NOT d.own_host AND (d.inside OR d.leased OR d.mail)
                AND NOT EXISTS (SELECT 1 FROM temp.sampled_slot x
                                 WHERE x.addr = s.addr AND x.slot = s.slot AND x.agent = s.agent)
              LIMIT -1) q -- so that its holder is asked once
 WHERE in_share(iif(q.who < 0, q.self, q.who >> 3))
 ORDER BY 1, 2, 3;

-- Addresses that answer from a mail port and had several customers that day,
-- whosever they are; for step 15.
DROP TABLE IF EXISTS temp.answering;
CREATE TEMP TABLE answering (addr INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO temp.answering
SELECT s.addr
  FROM temp.sighting s JOIN temp.peer w ON w.addr = s.addr AND w.auth_user = 0 AND w.asks
 WHERE s.server_weak > 0 AND s.in_day AND s.doubt IS NULL;
DROP TABLE IF EXISTS temp.several_had;
CREATE TEMP TABLE several_had (addr INTEGER PRIMARY KEY);
INSERT INTO temp.several_had
SELECT q.addr
  FROM temp.run
 CROSS JOIN (SELECT n.addr, x.first, x.who
               FROM temp.answering n JOIN temp.sampled x ON x.addr = n.addr
             UNION ALL
             SELECT s.addr, s.first - coalesce(k.ahead, 0),
                    coalesce(holder_of(s.addr, NULL, s.first - coalesce(k.ahead, 0),
                                       s.last - coalesce(k.ahead, 0), 0) << 3 | 2, w.who)
               FROM temp.run r CROSS JOIN main.sender_slot s
              CROSS JOIN temp.answering n ON n.addr = s.addr
              CROSS JOIN temp.peer w ON w.addr = s.addr AND w.auth_user = 0
               LEFT JOIN temp.clock k ON k.kind = 'flow' AND k.ref = s.agent
              WHERE EXISTS (SELECT 1 FROM temp.answering)
                AND s.slot > r.day_start - r.flow_margin - 300000000
                AND s.slot < r.day_end + r.flow_margin
                AND NOT EXISTS (SELECT 1 FROM temp.sampled_slot x
                                 WHERE x.addr = s.addr AND x.slot = s.slot AND x.agent = s.agent)) q
 WHERE q.who > 0 AND q.who & 7 < 4 AND q.first >= run.day_start AND q.first < run.day_end
 GROUP BY q.addr
HAVING count(DISTINCT q.who >> 3) > 1;
-- What is large and done with is dropped: its pages need not be written.
DROP TABLE temp.split_slot;
DROP TABLE temp.sampled;
DROP TABLE temp.sampled_slot;
