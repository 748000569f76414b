INSERT INTO name VALUES (1, 'row of 001');
INSERT INTO addr VALUES (1, x'00000000000000000000ffffc0000201', '192.0.2.1');
INSERT INTO ledger (id, kind, path, head_bytes, head_hash, resume_offset, resume_hash)
VALUES (1, 'mail', '/row/of/001', 1024, -1, 2048, -2);
