-- Statements of src/ingest/lease_import.c and lease_merge.c.

-- A lease that is read again may have been closed or extended since: of two
-- ends the later one stands, and an end stands against none.
-- name: lease_put
INSERT INTO lease (first, last, port_first, port_last, start, "end", customer,
                   source, clock_error, ledger, inside)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (first, last, coalesce(port_first, -1), coalesce(port_last, -1),
                 coalesce(start, -4611686018427387904), customer, coalesce(session, 0))
    DO UPDATE SET "end" = coalesce(max("end", excluded."end"), excluded."end", "end"),
                  clock_error = excluded.clock_error, ledger = excluded.ledger,
                  inside = excluded.inside;

-- A row of a file (?1 the ledger's, ?2 its path) that now names somebody else
-- takes the place of what an earlier state of the file had said.  Only with a
-- start: else nobody says since when it is so.
-- name: lease_correct
DELETE FROM lease
 WHERE session IS NULL AND start IS NOT NULL AND ledger <> ?1
   AND ledger IN (SELECT id FROM ledger WHERE kind = 'lease' AND path = ?2)
   AND EXISTS (SELECT 1 FROM lease n
                WHERE n.first = lease.first AND n.last = lease.last
                  AND coalesce(n.port_first, -1) = coalesce(lease.port_first, -1)
                  AND coalesce(n.port_last, -1) = coalesce(lease.port_last, -1)
                  AND coalesce(n.start, -4611686018427387904)
                      = coalesce(lease.start, -4611686018427387904)
                  AND n.session IS NULL AND n.ledger = ?1);

-- name: lease_count
SELECT count(*) FROM lease;

-- What the store knows of a session and range, and was not over before ?6.
-- name: lease_session_known
SELECT id, start, seen, "end", lapse, fresh, customer, source, clock_error,
       coalesce(nas, 0), ledger, grace, gap, beat
  FROM lease
 WHERE session = ?1 AND first = ?2 AND last = ?3
   AND coalesce(port_first, 0) = ?4 AND coalesce(port_last, 0) = ?5
   AND coalesce("end", lapse, 4611686018427387904) >= ?6;

-- The ranges that a session still has.
-- name: lease_session_ranges
SELECT DISTINCT first, last, coalesce(port_first, 0), coalesce(port_last, 0)
  FROM lease
 WHERE nas = ?1 AND session = ?2 AND "end" IS NULL
 ORDER BY 1, 2, 3, 4;

-- name: lease_session_put
INSERT INTO lease (session, first, last, port_first, port_last, start, seen, "end",
       lapse, fresh, customer, source, clock_error, nas, ledger, grace, gap, beat)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18);
-- name: lease_session_set
UPDATE lease
   SET start = ?2, seen = ?3, "end" = ?4, lapse = ?5, fresh = ?6, customer = ?7,
       source = ?8, clock_error = ?9, nas = ?10, ledger = ?11, grace = ?12, gap = ?13,
       beat = ?14
 WHERE id = ?1;
-- name: lease_session_drop
DELETE FROM lease WHERE id = ?1;

-- name: lease_restart_put
INSERT INTO lease_restart VALUES (?1, ?2) ON CONFLICT DO NOTHING;
-- Sessions without an end lapse when their server started anew.
-- name: lease_restart_apply
UPDATE lease
   SET lapse = (SELECT min(q.time) FROM lease_restart q
                 WHERE q.nas = lease.nas AND q.time > lease.seen)
 WHERE "end" IS NULL AND nas IN (SELECT nas FROM lease_restart)
   AND (SELECT min(q.time) FROM lease_restart q
         WHERE q.nas = lease.nas AND q.time > lease.seen)
       < coalesce(lapse, 4611686018427387904);

-- A lease file is known by what it says, for it is always read as a whole.
-- name: lease_ledger_get
SELECT id FROM ledger WHERE kind = 'lease' AND head_hash = ?1 AND resume_offset = ?2;
-- name: lease_ledger_new
INSERT INTO ledger (kind, path, head_bytes, head_hash, resume_offset, resume_hash)
VALUES ('lease', ?1, 0, 0, 0, 0);
-- name: lease_ledger_drop
DELETE FROM ledger WHERE id = ?1;
-- name: lease_ledger_own
UPDATE lease SET ledger = ?2 WHERE ledger = ?1;
-- name: lease_ledger_set
UPDATE ledger
   SET path = ?2, head_hash = ?3, resume_offset = ?4, resume_hash = ?3,
       lines = ?5, used = ?6, unparsed = ?7, records = ?6,
       first_time = ?8, last_time = ?9, truncated = ?10, ignored = ?11
 WHERE id = ?1;

-- Leases in order of their ranges, the wider one first, that touch the time
-- from ?1 to ?2: for overlaps.
-- name: lease_overlap_each
SELECT first, last, port_first, port_last, start, until, customer, source,
       clock_error
  FROM lease_held
 WHERE coalesce(start, -4611686018427387904) < ?2
   AND coalesce(until, 4611686018427387904) > ?1
 ORDER BY first, last DESC, coalesce(start, -4611686018427387904), customer, source;
