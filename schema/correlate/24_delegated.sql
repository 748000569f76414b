-- Step 3c: IPv6 prefixes are delegated from each other: which holder of an
-- address has it within the prefix of which other one.
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
-- What holder_of looks up, and slots_day (src/correlate/holders.h, slots.h).
SELECT holder_add(rowid, addr, customer, port_first, port_last, start, until, sure, clock_error, first)
  FROM temp.holder ORDER BY rowid;
SELECT holder_delegated(wide, narrow) FROM temp.delegated ORDER BY wide;
