-- Step 3: who held these addresses when.  Leases that touch the day, the
-- flow window and the clock error are looked at.  Two clocks may be wrong, the
-- lease's and the mail log's: their errors add.  Here that of the worst log is
-- added; a claim of a better one takes it off.  How a lease without an end
-- ends, the view lease_held says (schema/012_lease.sql).
DROP TABLE IF EXISTS temp.lease_day;
CREATE TEMP TABLE lease_day AS
SELECT e.id, e.first, e.last, e.port_first, e.port_last, e.start, e.until,
       e.customer, e.clock_error, CAST(0 AS INTEGER) AS span
  FROM (SELECT l.id, l.first, l.last, l.port_first, l.port_last, l.customer,
               l.clock_error + run.mail_clock_error AS clock_error,
               coalesce(l.start - l.ahead, -4611686018427387904) AS start,
               coalesce(l.until - l.ahead, 4611686018427387904) AS until
          FROM (SELECT h.*,
                       iif(r.lease_ahead,
                           coalesce((SELECT k.ahead FROM main.lease x
                                       JOIN main.clock k ON k.kind = 'lease' AND k.ref = x.ledger
                                      WHERE x.id = h.id), 0), 0) AS ahead
                  FROM main.lease_held h, temp.run r) l, temp.run) e, temp.run
 WHERE e.until > e.start
   AND e.start - e.clock_error < run.day_end + run.window
   AND e.until + e.clock_error > run.day_start - run.window;

-- The different ranges, and the places where a range begins, in order.
DROP TABLE IF EXISTS temp.lease_span;
CREATE TEMP TABLE lease_span (
  span INTEGER PRIMARY KEY, first BLOB, last BLOB, UNIQUE (first, last));
INSERT INTO temp.lease_span (first, last)
SELECT DISTINCT first, last FROM temp.lease_day ORDER BY first, last;
UPDATE temp.lease_day
   SET span = (SELECT s.span FROM temp.lease_span s
                WHERE s.first = lease_day.first AND s.last = lease_day.last);
CREATE INDEX temp.lease_day_span ON lease_day (span);
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
                 ORDER BY p.first DESC LIMIT 1);

-- CROSS JOIN: in this order, or each lease is held against each address; and
-- span of lease_day is CAST, for without a type its index serves nothing.
DROP TABLE IF EXISTS temp.holder;
CREATE TEMP TABLE holder AS
SELECT a.addr, l.id AS lease, l.customer, l.port_first, l.port_last,
       l.start, l.until, l.clock_error, s.first, s.last
  FROM temp.day_addr a
 CROSS JOIN temp.open_span o ON o.place = a.place
 CROSS JOIN temp.lease_span s ON s.span = o.span AND s.last >= a.bytes
 CROSS JOIN temp.lease_day l ON l.span = s.span;
CREATE INDEX temp.holder_addr ON holder (addr, start);
CREATE INDEX temp.holder_port ON holder (addr, port_first);
-- Addresses that customers share by ports, and the widest block of each.
DROP TABLE IF EXISTS temp.shared;
CREATE TEMP TABLE shared (addr INTEGER PRIMARY KEY, widest INTEGER);
INSERT INTO temp.shared
SELECT addr, max(port_last - port_first) FROM temp.holder
 WHERE port_first IS NOT NULL GROUP BY addr;
UPDATE temp.day_addr SET leased = 1
 WHERE addr IN (SELECT addr FROM temp.holder);

-- IPv6 prefixes are delegated from each other: which holder of an address has
-- it within the prefix of which other one.
DROP TABLE IF EXISTS temp.delegated;
CREATE TEMP TABLE delegated (
  wide INTEGER, narrow INTEGER, PRIMARY KEY (wide, narrow)) WITHOUT ROWID;
INSERT INTO temp.delegated
SELECT o.rowid, i.rowid
  FROM temp.holder o
  JOIN temp.holder i ON i.addr = o.addr
   AND i.first >= o.first AND i.last <= o.last
   AND (i.first > o.first OR i.last < o.last)
   AND i.port_first IS NULL
 WHERE o.first NOT BETWEEN x'00000000000000000000ffff00000000'
                       AND x'00000000000000000000ffffffffffff'
   AND o.first < o.last;
