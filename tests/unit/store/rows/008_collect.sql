INSERT INTO collect_session (id, listen, pid, flush, started, alive)
SELECT max(id), '192.0.2.5:6343', 4711, 5000000, 1795424400000000, 1795424405000000 FROM ledger;
