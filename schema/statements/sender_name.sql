-- Statements of src/correlate/sender_name.c.

-- name: sender_names_day
SELECT sender FROM temp.attributed
 WHERE sender IS NOT NULL AND what IN ('a', 'm') AND doubt IS NULL;
-- name: sender_name_text
SELECT text FROM main.name WHERE id = ?1;
-- name: sender_name_id
SELECT id FROM main.name WHERE text = ?1;
