-- Sessions whose end was not told.  How long after the last sign of life they are
-- believed, and what interval their interim updates keep to: a silence much
-- longer than that may be the end of the session (src/ingest/lease_merge.c).
-- Of leases that were imported before, the interval is learnt when their file is
-- read again.
ALTER TABLE lease ADD COLUMN grace INTEGER; -- lapse is no promise: so long after seen; else NULL
ALTER TABLE lease ADD COLUMN gap INTEGER;   -- between the last two signs of life; NULL: not known
ALTER TABLE lease ADD COLUMN beat INTEGER;  -- the interval as learnt; NULL: not known
UPDATE lease SET grace = lapse - seen
 WHERE "end" IS NULL AND nas IS NOT NULL AND lapse > seen;

-- As before (012_lease.sql), and: sure is the moment after which the session may
-- be over, for three intervals, and at least an hour (ours), have passed without
-- a sign; so one update may be lost, or be late.  NULL: there is none.
DROP VIEW lease_held;
CREATE VIEW lease_held AS
SELECT l.id, l.first, l.last, l.port_first, l.port_last, l.start,
       coalesce(l."end",
         nullif(min(coalesce(l.lapse, 4611686018427387904),
                    coalesce(
           (SELECT coalesce(n.start, -4611686018427387904) FROM lease n
             WHERE n.first = l.first AND n.last = l.last
               AND coalesce(n.port_first, -1) = coalesce(l.port_first, -1)
               AND coalesce(n.port_last, -1) = coalesce(l.port_last, -1)
               AND coalesce(n.start, -4611686018427387904)
                   > max(coalesce(l.start, -4611686018427387904),
                         coalesce(l.seen, -4611686018427387904))
             ORDER BY coalesce(n.start, -4611686018427387904) LIMIT 1),
                    4611686018427387904)), 4611686018427387904)) AS until,
       l.customer, l.source, l.clock_error,
       iif(l.grace IS NULL OR l."end" IS NOT NULL, NULL,
           l.seen + max(3600000000, 3 * l.beat)) AS sure
  FROM lease l;
