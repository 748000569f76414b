-- Statements of src/correlate/verdicts.c.

-- name: verdicts_read
SELECT verdict, time, filter, coalesce(signature, 0) FROM main.mail_verdict WHERE message = ?1;
-- name: verdicts_put_said
INSERT INTO temp.said VALUES (?1, ?2, ?3);
