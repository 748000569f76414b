-- Step 6b: what the flows show of each customer (src/correlate/slots.h), and whose
-- leases may be meant by what is in doubt.
DROP TABLE IF EXISTS temp.flow_who;
CREATE TEMP TABLE flow_who (
  cust INTEGER PRIMARY KEY,
  rank INTEGER, sure INTEGER);       -- the surest; of what is not in doubt
DROP TABLE IF EXISTS temp.flow_figures;
CREATE TEMP TABLE flow_figures (
  cust INTEGER PRIMARY KEY,
  first INTEGER, last INTEGER,       -- of client packets, clear ones
  samples INTEGER, client INTEGER, client_covered INTEGER, client_strong INTEGER,
  syn INTEGER, answered INTEGER, server_strong INTEGER, server_weak INTEGER,
  rst INTEGER, syn_back INTEGER, answered_back INTEGER, hours INTEGER,
  est_syn INTEGER,                   -- SYNs sent; NULL if a rate is not known
  slots INTEGER, doubtful INTEGER, doubt_first INTEGER, doubt_last INTEGER,
  allowed INTEGER                    -- all client addresses are on the list
);
-- The same of each of his addresses.
DROP TABLE IF EXISTS temp.flow_addr;
CREATE TEMP TABLE flow_addr (
  cust INTEGER, addr INTEGER, packets INTEGER,
  samples INTEGER, client INTEGER, syn_back INTEGER, answered_back INTEGER, rst INTEGER,
  server_strong INTEGER, server_weak INTEGER, -- from samples on without doubt; NULL: none
  PRIMARY KEY (cust, addr)
) WITHOUT ROWID;
-- In doubt, under the address.
DROP TABLE IF EXISTS temp.flow_doubt;
CREATE TEMP TABLE flow_doubt (
  cust INTEGER, addr INTEGER, port INTEGER, first INTEGER, last INTEGER, doubt INTEGER);
-- Addresses that answer from a mail port and had several customers that day,
-- whosever they are; for step 16.
DROP TABLE IF EXISTS temp.several_had;
CREATE TEMP TABLE several_had (addr INTEGER PRIMARY KEY);
-- Those that are shown, filled in step 17.
DROP TABLE IF EXISTS temp.shown_slot;
CREATE TEMP TABLE shown_slot (
  cust INTEGER, addr INTEGER, agent INTEGER, first INTEGER, client INTEGER, syn INTEGER,
  rate INTEGER, doubt INTEGER);
SELECT slots_day();

-- Whose leases may be meant by a claim in doubt, and by one of mail.
DROP TABLE IF EXISTS temp.doubted;
CREATE TEMP TABLE doubted (
  addr INTEGER, port INTEGER, first INTEGER, last INTEGER, mail INTEGER);
INSERT INTO temp.doubted
SELECT addr, port, time, time, what = 'm' FROM temp.attributed WHERE doubt IS NOT NULL
UNION ALL
SELECT addr, port, first, last, 0 FROM temp.flow_doubt;
CREATE INDEX temp.doubted_addr ON doubted (addr, first);
DROP TABLE IF EXISTS temp.candidate;
CREATE TEMP TABLE candidate (
  cust INTEGER,                      -- the address in doubt
  customer TEXT, mail INTEGER, PRIMARY KEY (cust, customer)) WITHOUT ROWID;
INSERT INTO temp.candidate
SELECT cust, customer, max(mail)
  FROM (SELECT a.self AS cust, h.customer,
               (SELECT max(d.mail) FROM temp.doubted d
                 WHERE d.addr = h.addr
                   AND d.last >= h.start - h.clock_error
                   AND d.first < h.until + h.clock_error
                   AND (h.port_first IS NULL OR d.port IS NULL
                        OR d.port BETWEEN h.port_first AND h.port_last)) AS mail
          FROM (SELECT DISTINCT addr FROM temp.doubted) k
          JOIN temp.day_addr a ON a.addr = k.addr
          JOIN temp.holder h ON h.addr = k.addr
         LIMIT -1)
 WHERE mail IS NOT NULL
 GROUP BY cust, customer;
DELETE FROM temp.attributed WHERE doubt IS NOT NULL AND NOT in_share(cust);
