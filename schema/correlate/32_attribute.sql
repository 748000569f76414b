-- Step 5: the holder of each claim.  near: the holder at that time by some
-- clock within the lease's clock error; inside: by the lease as it is written.
-- fits: leased as a whole, or the port is in the lease's ports.
DROP TABLE IF EXISTS temp.held;
CREATE TEMP TABLE held (
  claim    INTEGER PRIMARY KEY,
  no_port  INTEGER,                  -- ports would decide, and there is none
  fitting  INTEGER,                  -- customers near whose lease fits
  inside   INTEGER,                  -- of these inside
  customer TEXT
);
INSERT INTO temp.held
SELECT claim, max(no_port), count(DISTINCT iif(fits, customer, NULL)),
       count(DISTINCT iif(fits AND inside, customer, NULL)),
       min(iif(fits AND inside, customer, NULL))
  FROM (SELECT c.claim, h.customer, 0 AS no_port, 1 AS fits,
               c.first >= h.start AND c.last < h.until AS inside
          FROM temp.claim c
          JOIN temp.holder h ON h.addr = c.addr AND h.port_first IS NULL
           AND c.last >= h.start - h.clock_error + c.slack
           AND c.first < h.until + h.clock_error - c.slack
         WHERE c.account IS NULL
           -- of IPv6 prefixes within each other the longer one has it, where
           -- that one is beyond doubt
           AND NOT EXISTS (SELECT 1 FROM temp.delegated d
                             JOIN temp.holder n ON n.rowid = d.narrow
                            WHERE d.wide = h.rowid
                              AND c.first >= n.start + n.clock_error - c.slack
                              AND c.last < n.until - n.clock_error + c.slack)
        UNION ALL
        -- blocks of ports: those that can begin so far below the port
        SELECT c.claim, h.customer, 0, 1, c.first >= h.start AND c.last < h.until
          FROM temp.claim c
          JOIN temp.shared s ON s.addr = c.addr
          JOIN temp.holder h ON h.addr = c.addr
           AND h.port_first BETWEEN c.port - s.widest AND c.port
           AND h.port_last >= c.port
           AND c.last >= h.start - h.clock_error + c.slack
           AND c.first < h.until + h.clock_error - c.slack
         WHERE c.account IS NULL
        UNION ALL
        SELECT c.claim, NULL, 1, 0, 0
          FROM temp.claim c
          JOIN temp.shared s ON s.addr = c.addr
         WHERE c.account IS NULL AND c.port IS NULL
           AND (SELECT 1 FROM temp.holder h
                 WHERE h.addr = c.addr AND h.port_first IS NOT NULL
                   AND c.last >= h.start - h.clock_error + c.slack
                   AND c.first < h.until + h.clock_error - c.slack
                 ORDER BY h.start DESC LIMIT 1))
 GROUP BY claim;

-- The ladder of doc/classes.md.  A claim in doubt is kept under the address,
-- never under one of the customers who may have been its holder.
DROP TABLE IF EXISTS temp.attributed;
CREATE TEMP TABLE attributed (
  claim INTEGER PRIMARY KEY,
  what  TEXT, ref INTEGER, addr INTEGER, first INTEGER, last INTEGER,
  customer TEXT, rank INTEGER,       -- 1 auth_user 2 lease 3 own_address 4 remote
  scope TEXT, doubt TEXT
);
INSERT INTO temp.attributed
SELECT claim, what, ref, addr, first, last,
       CASE how WHEN 'account' THEN account WHEN 'lease' THEN holder
                WHEN 'auth_user' THEN auth_user ELSE address END,
       CASE how WHEN 'account' THEN 1 WHEN 'auth_user' THEN 1
                WHEN 'own_address' THEN 3 WHEN 'remote' THEN 4 ELSE 2 END,
       CASE how WHEN 'own_address' THEN 'own_unassigned'
                WHEN 'remote' THEN 'remote' ELSE 'customer' END,
       iif(how IN ('shared_address', 'lease_change', 'overlapping_leases', 'lease_edge'),
           how, NULL)
  FROM (SELECT c.*, h.customer AS holder, x.text AS address,
               CASE WHEN c.account IS NOT NULL THEN 'account'
                    WHEN c.addr IS NULL OR a.own_host THEN 'nobody'
                    WHEN h.no_port THEN 'shared_address'
                    WHEN h.inside > 1 THEN 'overlapping_leases'
                    WHEN h.fitting > 1 THEN 'lease_change'
                    WHEN h.inside = 1 THEN 'lease'
                    WHEN h.fitting = 1 THEN 'lease_edge'
                    WHEN a.inside THEN 'own_address'
                    -- who logs in to us is ours, wherever he is
                    WHEN c.auth_user IS NOT NULL THEN 'auth_user'
                    ELSE 'remote' END AS how
          FROM temp.claim c
          LEFT JOIN temp.day_addr a ON a.addr = c.addr
          LEFT JOIN main.addr x ON x.id = c.addr
          LEFT JOIN temp.held h ON h.claim = c.claim)
 WHERE how <> 'nobody';
CREATE INDEX temp.attributed_customer ON attributed (customer, what);
CREATE INDEX temp.attributed_ref ON attributed (what, ref);

-- A complaint about a message we have follows the message, for whoever sent
-- it is known better from our own log.
UPDATE temp.attributed
   SET (customer, rank, scope, doubt) =
       (SELECT m.customer, m.rank, m.scope, m.doubt
          FROM main.complaint c
          JOIN main.mail_message g ON g.message_key = c.message_key
           AND g.hour IN (SELECT hour FROM main.mail_hour)
          JOIN temp.attributed m ON m.what = 'm' AND m.ref = g.id
         WHERE c.id = attributed.ref)
 WHERE what = 'c'
   AND EXISTS (SELECT 1 FROM main.complaint c
                 JOIN main.mail_message g ON g.message_key = c.message_key
                  AND g.hour IN (SELECT hour FROM main.mail_hour)
                 JOIN temp.attributed m ON m.what = 'm' AND m.ref = g.id
                WHERE c.id = attributed.ref);

-- Who may be meant by a claim in doubt.
DROP TABLE IF EXISTS temp.candidate;
CREATE TEMP TABLE candidate (claim INTEGER, customer TEXT, PRIMARY KEY (claim, customer)) WITHOUT ROWID;
INSERT INTO temp.candidate
SELECT DISTINCT t.claim, h.customer
  FROM temp.attributed t
  JOIN temp.claim c ON c.claim = t.claim
  JOIN temp.holder h ON h.addr = c.addr
   AND c.last >= h.start - h.clock_error + c.slack AND c.first < h.until + h.clock_error - c.slack
   AND (h.port_first IS NULL OR c.port IS NULL OR c.port BETWEEN h.port_first AND h.port_last)
 WHERE t.doubt IS NOT NULL;
