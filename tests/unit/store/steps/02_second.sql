-- Runs after the first, whatever the folder's order.
INSERT INTO test_value (v) SELECT 'second of ' || value FROM temp.param WHERE name = 'run';
