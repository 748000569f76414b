-- Statements of src/ingest/mail_sums.c.

-- name: mail_sums_old_hour
-- Is there anything of hour ?1?
SELECT EXISTS (SELECT 1 FROM mail_message WHERE hour = ?1)
    OR EXISTS (SELECT 1 FROM mail_sum WHERE hour = ?1)
    OR EXISTS (SELECT 1 FROM mail_sum_due WHERE hour = ?1);

-- name: mail_sums_place
SELECT hour, coalesce(client, 0) FROM mail_message WHERE id = ?1;

-- name: mail_sums_mark
INSERT OR IGNORE INTO mail_sum_due VALUES (?1, ?2);

-- name: mail_sums_unmark
DELETE FROM mail_sum_due WHERE hour = ?1 AND client = ?2;

-- name: mail_sums_due
SELECT 1 FROM mail_sum_due WHERE hour >= ?1 AND hour < ?2 LIMIT 1;

-- name: mail_sums_clear
DELETE FROM mail_sum
 WHERE (hour, client) IN (SELECT hour, client FROM mail_sum_due
                           WHERE hour >= ?1 AND hour < ?2);

-- name: mail_sums_read
-- Loops in the order that is written: nothing is sorted.
SELECT d.hour, d.client, coalesce(m.auth_user, 0), coalesce(m.host, 0), m.id, m.received, m.sender, m.helo,
       iif(m.verdict IS NULL, 0, (1 << m.verdict)
         | coalesce((SELECT (max(v.verdict = 1) << 1) | (max(v.verdict = 2) << 2)
                            | (max(v.verdict = 3) << 3) | (max(v.verdict = 4) << 4)
                            | (max(v.verdict = 5) << 5) | (max(v.verdict = 6) << 6)
                       FROM mail_verdict v WHERE v.message = m.id), 0)),
       r.outcome
  FROM mail_sum_due d
 CROSS JOIN mail_message m ON m.hour = d.hour
   AND m.client IS nullif(d.client, 0) AND m.parent_queue_id IS NULL
  LEFT JOIN mail_recipient r ON r.message = m.id
 WHERE d.hour >= ?1 AND d.hour < ?2;

-- name: mail_sums_put
INSERT INTO mail_sum VALUES
 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
  ?18, ?19, ?20, ?21, ?22);

-- name: mail_sums_done
DELETE FROM mail_sum_due WHERE hour >= ?1 AND hour < ?2;
