-- Step 4: everything that wants a customer, in one table: a message (m), what
-- flows show of an address in a slot or a sample (f), a complaint (c).  first
-- and last are the same instant but for slots.

-- Accounts: the letters of the log's auth_user, else the same in another case
-- if that is only one customer's.
DROP TABLE IF EXISTS temp.day_account;
CREATE TEMP TABLE day_account (auth_user INTEGER PRIMARY KEY, customer TEXT);
INSERT INTO temp.day_account
SELECT n.id,
       coalesce((SELECT a.customer FROM main.account a WHERE a.auth_user = n.text),
                (SELECT min(a.customer) FROM main.account a
                  WHERE a.auth_user = n.text COLLATE NOCASE
                 HAVING count(DISTINCT a.customer) = 1))
  FROM main.name n
 WHERE n.id IN (SELECT m.auth_user FROM temp.run CROSS JOIN main.mail_message m
                 WHERE m.received >= run.day_start - run.mail_margin
                   AND m.received < run.day_end + run.mail_margin);

DROP TABLE IF EXISTS temp.claim;
CREATE TEMP TABLE claim (
  claim INTEGER PRIMARY KEY,
  what  TEXT NOT NULL,
  ref   INTEGER NOT NULL,
  addr  INTEGER,
  port  INTEGER,
  first INTEGER NOT NULL,            -- by the right time: what the clock was
  last  INTEGER NOT NULL,            -- ahead is taken off
  slack INTEGER NOT NULL DEFAULT 0,  -- so much surer is its clock than the worst
  account   TEXT,                    -- customer of the account
  auth_user TEXT                     -- logged in, whoever that is
);
INSERT INTO temp.claim (what, ref, addr, port, first, last, slack, account, auth_user)
SELECT 'm', m.id, m.client, m.client_port,
       m.received - coalesce(k.ahead, 0), m.received - coalesce(k.ahead, 0),
       coalesce(run.mail_clock_error - k.error, 0), d.customer, u.text
  FROM temp.run CROSS JOIN main.mail_message m
  LEFT JOIN main.clock k ON k.kind = 'mail' AND k.ref = m.host
  LEFT JOIN temp.day_account d ON d.auth_user = m.auth_user
  LEFT JOIN main.name u ON u.id = m.auth_user
 WHERE m.received >= run.day_start - run.mail_margin
   AND m.received < run.day_end + run.mail_margin
   AND m.received - coalesce(k.ahead, 0) >= run.day_start
   AND m.received - coalesce(k.ahead, 0) < run.day_end
   AND m.parent_queue_id IS NULL;

INSERT INTO temp.claim (what, ref, addr, port, first, last)
SELECT 'c', c.id, coalesce(c.addr, m.client), c.port, c.received, c.received
  FROM temp.run CROSS JOIN main.complaint c
  LEFT JOIN main.mail_message m ON m.message_key = c.message_key
       AND m.hour IN (SELECT hour FROM main.mail_hour)
 WHERE c.received >= run.day_start AND c.received < run.day_end;

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
  LEFT JOIN main.clock k ON k.kind = 'flow' AND k.ref = s.agent
  JOIN temp.holder h ON h.addr = s.addr
   AND s.last - coalesce(k.ahead, 0) >= h.start - h.clock_error
   AND s.first - coalesce(k.ahead, 0) < h.until + h.clock_error
 WHERE s.slot > run.day_start - run.window - run.flow_margin - 300000000
   AND s.slot < run.day_end + run.window + run.flow_margin
 GROUP BY s.addr, s.slot, s.agent
HAVING max(h.port_first IS NOT NULL)
    OR max(h.start > s.first - coalesce(k.ahead, 0))
    OR max(h.until <= s.last - coalesce(k.ahead, 0));

DROP TABLE IF EXISTS temp.sighting;
CREATE TEMP TABLE sighting (
  sighting INTEGER PRIMARY KEY,
  addr INTEGER, port INTEGER, agent INTEGER, slot INTEGER,
  first INTEGER, last INTEGER, packets INTEGER, syn INTEGER, answered INTEGER, rst INTEGER,
  client_strong INTEGER, client_weak INTEGER,
  server_strong INTEGER, server_weak INTEGER, peers INTEGER, rate INTEGER
);
-- 2 = SYN, 16 = ACK.  out: the address sent the packet.
INSERT INTO temp.sighting (addr, port, agent, slot, first, last, packets, syn,
       answered, rst, client_strong, client_weak, server_strong, server_weak, peers, rate)
SELECT p.me, p.my_port, p.agent, p.slot,
       p.time - coalesce(k.ahead, 0), p.time - coalesce(k.ahead, 0), 1,
       p.role = 'client' AND p.out AND p.opens,
       p.role = 'client' AND NOT p.out AND p.answers,
       coalesce(p.flags & 4 = 4, 0),
       p.role = 'client' AND p.out AND p.opens,
       p.role = 'client' AND NOT (p.out AND p.opens),
       p.role = 'server' AND p.out AND p.answers,
       p.role = 'server' AND NOT (p.out AND p.answers),
       1, p.rate
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
  LEFT JOIN main.clock k ON k.kind = 'flow' AND k.ref = p.agent;
DELETE FROM temp.split_slot
 WHERE NOT EXISTS (SELECT 1 FROM temp.sighting g
                    WHERE g.addr = split_slot.addr AND g.slot = split_slot.slot
                      AND g.agent = split_slot.agent);
INSERT INTO temp.sighting (addr, agent, slot, first, last, packets, syn, answered, rst,
       client_strong, client_weak, server_strong, server_weak, peers, rate)
SELECT s.addr, s.agent, s.slot, s.first - coalesce(k.ahead, 0), s.last - coalesce(k.ahead, 0), s.packets, s.syn, s.answered, s.rst,
       s.client_strong, s.client_weak, s.server_strong, s.server_weak, s.peers,
       iif(s.rate_min = 0, 0, s.rate_max) -- of some the rate is unknown: of all
  FROM temp.run CROSS JOIN main.sender_slot s
  JOIN temp.day_addr a ON a.addr = s.addr
  LEFT JOIN main.clock k ON k.kind = 'flow' AND k.ref = s.agent
 WHERE s.slot > run.day_start - run.window - run.flow_margin - 300000000
   AND s.slot < run.day_end + run.window + run.flow_margin
   AND NOT a.own_host AND (a.inside OR a.leased OR a.mail)
   AND NOT EXISTS (SELECT 1 FROM temp.split_slot x
                    WHERE x.addr = s.addr AND x.slot = s.slot AND x.agent = s.agent);
INSERT INTO temp.claim (what, ref, addr, port, first, last)
SELECT 'f', sighting, addr, port, first, last FROM temp.sighting;
