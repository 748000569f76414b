-- Step 2: every address that mail, flows or complaints of the day name, and
-- what we know of it.  own_host: one of our relays, filters and stores, or
-- loopback; nothing is ever said against it.  inside: in our own prefixes.
DROP TABLE IF EXISTS temp.day_addr;
CREATE TEMP TABLE day_addr (
  addr     INTEGER PRIMARY KEY,
  bytes    BLOB NOT NULL,
  mail     INTEGER NOT NULL,         -- 1: client of a message of the day
  own_host INTEGER NOT NULL DEFAULT 0,
  inside   INTEGER NOT NULL DEFAULT 0,
  allowed  INTEGER NOT NULL DEFAULT 0,
  leased   INTEGER NOT NULL DEFAULT 0,
  place    INTEGER                   -- in lease_place: where to look for leases
);
INSERT INTO temp.day_addr (addr, bytes, mail)
SELECT a.id, a.bytes, max(n.mail)
  FROM (SELECT DISTINCT m.client AS addr, 1 AS mail
          FROM temp.run CROSS JOIN main.mail_message m
         WHERE m.received >= run.day_start - run.mail_margin
           AND m.received < run.day_end + run.mail_margin
           AND m.client IS NOT NULL
        UNION ALL
        SELECT DISTINCT s.addr, 0
          FROM temp.run CROSS JOIN main.sender_slot s
         WHERE s.slot > run.day_start - run.window - run.flow_margin - 300000000
           AND s.slot < run.day_end + run.window + run.flow_margin
        UNION ALL
        SELECT DISTINCT c.addr, 0
          FROM temp.run CROSS JOIN main.complaint c
         WHERE c.received >= run.day_start AND c.received < run.day_end
           AND c.addr IS NOT NULL) n
  JOIN main.addr a ON a.id = n.addr
 GROUP BY a.id;

UPDATE temp.day_addr
   SET own_host = 1
 WHERE EXISTS (SELECT 1 FROM main.own_host o
                WHERE o.first <= day_addr.bytes AND o.last >= day_addr.bytes)
    OR bytes = x'00000000000000000000000000000000'
    OR bytes = x'00000000000000000000000000000001'
    OR bytes BETWEEN x'00000000000000000000ffff7f000000' AND x'00000000000000000000ffff7fffffff';
UPDATE temp.day_addr
   SET inside = 1
 WHERE EXISTS (SELECT 1 FROM main.own_prefix p
                WHERE p.first <= day_addr.bytes AND p.last >= day_addr.bytes);
UPDATE temp.day_addr
   SET allowed = 1
 WHERE EXISTS (SELECT 1 FROM main.allow w
                WHERE w.first <= day_addr.bytes AND w.last >= day_addr.bytes);
