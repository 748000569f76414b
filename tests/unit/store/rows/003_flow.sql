INSERT INTO smtp_sample (time, ledger, agent, source_id, src, src_port, dst, dst_port, rate)
VALUES (1000, 1, 1, 1, 1, 1025, 1, 25, 512);
