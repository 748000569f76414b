INSERT INTO test_value (v) VALUES ('first; with -- no comment');
SELECT 'rows are ignored';
