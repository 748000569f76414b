-- Statements of src/correlate/seen.c.

-- name: seen_put_login
INSERT INTO temp.day_login VALUES (?1, ?2, ?3);
-- name: seen_put_addr
INSERT INTO temp.seen_addr VALUES (?1, ?2, ?3);
