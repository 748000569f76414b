-- Step 3: who held these addresses when.  Leases that touch the day, the
-- flow window and the clock error are looked at.  Two clocks may be wrong, the
-- lease's and the mail log's: their errors add.  Here that of the worst log is
-- added; mail of a better one takes it off.  How a lease without an end
-- ends, the view lease_held says (schema/012_lease.sql).
DROP VIEW IF EXISTS temp.lease_day;
CREATE TEMP VIEW lease_day AS
SELECT l.id, l.first, l.last, l.port_first, l.port_last, l.customer,
       l.clock_error + run.mail_clock_error AS clock_error,
       coalesce(l.start - l.ahead, -4611686018427387904) AS start,
       coalesce(l.until - l.ahead, 4611686018427387904) AS until,
       coalesce(l.sure - l.ahead, 4611686018427387904) AS sure
  FROM temp.run
 CROSS JOIN (SELECT h.*,
                    iif(r.lease_ahead,
                        coalesce((SELECT k.ahead FROM main.lease x
                                    JOIN temp.clock k ON k.kind = 'lease' AND k.ref = x.ledger
                                   WHERE x.id = h.id), 0), 0) AS ahead
               FROM temp.run r CROSS JOIN main.lease_held h) l
 WHERE coalesce(l.until, 4611686018427387904) > coalesce(l.start, -4611686018427387904)
   AND coalesce(l.start, -4611686018427387904) - l.ahead - l.clock_error - run.mail_clock_error
       < run.day_end + run.window
   AND coalesce(l.until, 4611686018427387904) - l.ahead + l.clock_error + run.mail_clock_error
       > run.day_start - run.window;

DROP TABLE IF EXISTS temp.holder;
CREATE TEMP TABLE holder (
  addr INTEGER, lease INTEGER, customer TEXT, port_first INTEGER, port_last INTEGER,
  start INTEGER, until INTEGER, clock_error INTEGER, first BLOB, last BLOB,
  sure INTEGER);                     -- from then on he may have lost it, and nobody said so

-- Leases of single addresses, most of all, by the address.
INSERT INTO temp.holder
SELECT a.addr, l.id, l.customer, l.port_first, l.port_last,
       l.start, l.until, l.clock_error, l.first, l.last, l.sure
  FROM temp.day_addr a
 CROSS JOIN temp.lease_day l ON l.first = a.bytes AND l.last = a.bytes;

-- The others: the different ranges, and the places where a range begins, in
-- order.
DROP TABLE IF EXISTS temp.lease_wide;
CREATE TEMP TABLE lease_wide AS
SELECT l.*, CAST(0 AS INTEGER) AS span
  FROM temp.lease_day l WHERE l.first <> l.last;
DROP TABLE IF EXISTS temp.lease_span;
CREATE TEMP TABLE lease_span (
  span INTEGER PRIMARY KEY, first BLOB, last BLOB, UNIQUE (first, last));
INSERT INTO temp.lease_span (first, last)
SELECT DISTINCT first, last FROM temp.lease_wide ORDER BY first, last;
UPDATE temp.lease_wide
   SET span = (SELECT s.span FROM temp.lease_span s
                WHERE s.first = lease_wide.first AND s.last = lease_wide.last);
CREATE INDEX temp.lease_wide_span ON lease_wide (span);
DROP TABLE IF EXISTS temp.lease_place;
CREATE TEMP TABLE lease_place (place INTEGER PRIMARY KEY, first BLOB UNIQUE);
INSERT INTO temp.lease_place
SELECT row_number() OVER (ORDER BY first), first
  FROM (SELECT DISTINCT first FROM temp.lease_span);

-- Which ranges are still open at each place.  A range that holds an address
-- is open at the last place that is not after the address, so that one look
-- finds all of them, however they nest or cross.
DROP TABLE IF EXISTS temp.open_span;
CREATE TEMP TABLE open_span (
  place INTEGER, span INTEGER, PRIMARY KEY (place, span)) WITHOUT ROWID;
INSERT INTO temp.open_span
WITH RECURSIVE open (span, last, place) AS (
  SELECT s.span, s.last, p.place
    FROM temp.lease_span s JOIN temp.lease_place p ON p.first = s.first
  UNION ALL
  SELECT o.span, o.last, p.place
    FROM open o JOIN temp.lease_place p ON p.place = o.place + 1
   WHERE p.first <= o.last)
SELECT place, span FROM open;

UPDATE temp.day_addr
   SET place = (SELECT p.place FROM temp.lease_place p
                 WHERE p.first <= day_addr.bytes
                 ORDER BY p.first DESC LIMIT 1)
 WHERE EXISTS (SELECT 1 FROM temp.lease_place);

-- CROSS JOIN: in this order, or each lease is held against each address; and
-- span of lease_wide is CAST, for without a type its index serves nothing.
INSERT INTO temp.holder
SELECT a.addr, l.id, l.customer, l.port_first, l.port_last,
       l.start, l.until, l.clock_error, s.first, s.last, l.sure
  FROM temp.day_addr a
 CROSS JOIN temp.open_span o ON o.place = a.place
 CROSS JOIN temp.lease_span s ON s.span = o.span AND s.last >= a.bytes
 CROSS JOIN temp.lease_wide l ON l.span = s.span;
DROP TABLE temp.lease_wide;
CREATE INDEX temp.holder_addr ON holder (addr, start);
UPDATE temp.day_addr SET leased = 1
 WHERE EXISTS (SELECT 1 FROM temp.holder h WHERE h.addr = day_addr.addr);
