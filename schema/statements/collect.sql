-- Statements of src/ingest/flow_session.c.

-- Runs that have not ended in good order: killed, or, while it wrote the last
-- sender slots, stopped and then killed.
-- name: session_open
SELECT id, listen, pid, flush, alive, slots_from, stopped IS NOT NULL
  FROM collect_session
 WHERE killed IS NULL AND (stopped IS NULL OR slots_from IS NOT NULL)
 ORDER BY id;

-- name: session_killed
UPDATE collect_session
   SET killed = CASE WHEN stopped IS NULL THEN ?2 END, slots_from = NULL
 WHERE id = ?1;

-- name: session_ledger_new
INSERT INTO ledger (kind, path, head_bytes, head_hash, resume_offset,
                    resume_hash, truncated)
VALUES ('flow', ?1, 0, 0, 0, 0, 1);

-- name: session_new
INSERT INTO collect_session (id, listen, pid, flush, started, alive)
VALUES (?1, ?2, ?3, ?4, ?5, ?5);

-- Whoever writes is alive, whatever another one thought of it.
-- name: session_set
UPDATE collect_session
   SET alive = ?2, stopped = ?3, killed = NULL, datagrams = ?4, samples = ?5,
       smtp_packets = ?6, lost_datagrams = ?7, malformed = ?8, refused = ?9,
       kernel_drops = ?10, overflow = ?11, slots_from = ?12
 WHERE id = ?1;

-- name: session_ledger_set
UPDATE ledger
   SET lines = ?2, used = ?3, ignored = ?4, unparsed = ?5, records = ?6,
       first_time = coalesce(first_time, ?7), last_time = coalesce(?8, last_time),
       truncated = ?9
 WHERE id = ?1;

-- Sender slots from ?1 on that have samples, and may not have been derived.
-- name: session_slots
SELECT DISTINCT time - time % 300000000
  FROM smtp_sample
 WHERE time >= ?1;
