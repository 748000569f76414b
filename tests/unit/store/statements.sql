-- Statements of tests/unit/store_test.c.

-- name: test_table
CREATE TABLE IF NOT EXISTS test_value (id INTEGER PRIMARY KEY, v);

-- name: test_put
INSERT INTO test_value (v) VALUES (?1);

-- name: test_put_given
INSERT INTO test_value (v) SELECT c1 FROM given;

-- name: test_get
SELECT v, typeof(v) AS type FROM test_value ORDER BY id;

-- name: test_count
SELECT count(*) FROM test_value;

-- name: test_sleepy
SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3;

-- name: test_name
SELECT text FROM name WHERE id = ?1;

-- name: test_name_replace
UPDATE name SET text = ?2 WHERE text = ?1;

-- name: test_max_pages
PRAGMA max_page_count = 140;

-- name: test_wrong
SELECT nothing FROM nowhere;

-- name: test_two
SELECT 1; SELECT 2;

-- name: test_check
PRAGMA integrity_check;

-- name: test_references
PRAGMA foreign_key_check;

-- name: test_trail
SELECT v FROM test_value ORDER BY id;

-- name: test_param
SELECT value FROM temp.param WHERE name = ?1;

-- name: test_rows
SELECT (SELECT count(*) FROM name WHERE text = 'row of 001')
     + (SELECT count(*) FROM ledger WHERE path = '/row/of/001')
     + (SELECT count(*) FROM mail_message WHERE message_key = 2)
     + (SELECT count(*) FROM mail_recipient WHERE reason = 'row of 002')
     + (SELECT count(*) FROM delivery WHERE reason = 'row of 002')
     + (SELECT count(*) FROM smtp_sample WHERE dst_port = 25)
     + (SELECT count(*) FROM lease WHERE customer = 'row of 004')
     + (SELECT count(*) FROM finding WHERE reason = 'row of 005')
     + (SELECT count(*) FROM detect_threshold WHERE rule = 'row of 006')
     + (SELECT count(*) FROM mail_hop WHERE queue_id = 'row of 007')
     + (SELECT count(*) FROM collect_session WHERE pid = 4711);

-- name: test_enum
SELECT (SELECT group_concat(id || text) FROM (SELECT * FROM disposition_name ORDER BY id)),
       (SELECT group_concat(id || text) FROM (SELECT * FROM stage_name ORDER BY id)),
       (SELECT group_concat(id || text) FROM (SELECT * FROM verdict_name ORDER BY id)),
       (SELECT group_concat(id || text) FROM (SELECT * FROM direction_name ORDER BY id));

-- name: test_give_up
INSERT OR ROLLBACK INTO name (id, text) VALUES (1, 'twice'), (1, 'twice');

-- name: test_name_put
INSERT INTO name (text) VALUES (?1);
