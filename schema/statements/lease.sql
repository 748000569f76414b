-- Statements of src/ingest/lease_import.c.

-- A lease that is read again may have been closed or extended since: of two
-- ends the later one stands, and an end stands against none.
-- name: lease_put
INSERT INTO lease (first, last, port_first, port_last, start, "end", customer,
                   source, clock_error, ledger)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (first, last, coalesce(port_first, -1), coalesce(port_last, -1),
                 coalesce(start, -4611686018427387904), customer)
    DO UPDATE SET "end" = coalesce(max("end", excluded."end"), excluded."end", "end"),
                  clock_error = excluded.clock_error
     WHERE "end" IS NOT coalesce(max("end", excluded."end"), excluded."end", "end")
        OR clock_error <> excluded.clock_error
    ON CONFLICT DO NOTHING;

-- name: lease_count
SELECT count(*) FROM lease;

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
       first_time = ?8, last_time = ?9, truncated = ?10
 WHERE id = ?1;
