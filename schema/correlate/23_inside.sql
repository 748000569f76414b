-- Step 3b: port blocks of a NAT that name an address inside and no customer.
-- Who had that address, by the leases of it as a whole, has the block; where
-- it changed hands, piece by piece; when nobody had it, the address stands for
-- him as before.  Three clocks may be wrong, so the errors of both leases add.
DROP TABLE IF EXISTS temp.inside_block;
CREATE TEMP TABLE inside_block AS
SELECT h.rowid AS block, h.start, h.until, h.clock_error, h.sure, x.inside
  FROM temp.holder h CROSS JOIN main.lease x ON x.id = h.lease
 WHERE h.port_first IS NOT NULL AND x.inside IS NOT NULL
   AND EXISTS (SELECT 1 FROM main.lease WHERE inside IS NOT NULL);

DROP TABLE IF EXISTS temp.inside_piece;
CREATE TEMP TABLE inside_piece AS
SELECT b.block, l.id AS via, l.customer,
       max(b.start, coalesce(l.start - l.ahead, -4611686018427387904)) AS start,
       min(b.until, coalesce(l.until - l.ahead, 4611686018427387904)) AS until,
       b.clock_error + l.clock_error AS clock_error,
       min(b.sure, coalesce(l.sure - l.ahead, 4611686018427387904)) AS sure
  FROM temp.inside_block b
 CROSS JOIN (SELECT e.*,
                    coalesce((SELECT k.ahead FROM main.lease x
                                JOIN temp.clock k ON k.kind = 'lease' AND k.ref = x.ledger
                               WHERE x.id = e.id), 0) AS ahead
               FROM main.lease_held e) l ON l.first = b.inside AND l.last = b.inside
 WHERE l.port_first IS NULL
   AND coalesce(l.start - l.ahead, -4611686018427387904) < b.until
   AND coalesce(l.until - l.ahead, 4611686018427387904) > b.start;

-- What the pieces leave of a block: before, between and after them.
INSERT INTO temp.inside_piece (block, via, customer, start, until, clock_error, sure)
SELECT g.block, NULL, h.customer, g.start, g.until, h.clock_error, h.sure
  FROM (SELECT p.block, p.start AS until,
               coalesce(max(p.until) OVER (PARTITION BY p.block ORDER BY p.start
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), b.start) AS start
          FROM temp.inside_piece p JOIN temp.inside_block b ON b.block = p.block
        UNION ALL
        SELECT p.block, max(b.until), max(p.until)
          FROM temp.inside_piece p JOIN temp.inside_block b ON b.block = p.block
         GROUP BY p.block) g
  JOIN temp.holder h ON h.rowid = g.block
 WHERE g.start < g.until;

INSERT INTO temp.holder (addr, lease, customer, port_first, port_last, start, until,
       clock_error, first, last, sure)
SELECT h.addr, h.lease, p.customer, h.port_first, h.port_last, p.start, p.until,
       p.clock_error, h.first, h.last, p.sure
  FROM temp.inside_piece p JOIN temp.holder h ON h.rowid = p.block;
-- The pieces keep whose block they are of for the evidence.
ALTER TABLE temp.inside_piece ADD COLUMN lease INTEGER;
UPDATE temp.inside_piece
   SET lease = (SELECT h.lease FROM temp.holder h WHERE h.rowid = inside_piece.block);
DELETE FROM temp.holder WHERE rowid IN (SELECT block FROM temp.inside_piece);
