-- The rows an import of mail writes, for tests/bench/store_bench.c.

-- name: bench_message
INSERT INTO mail_message (message_key, received, host, mta, queue_id, client,
  client_port, client_name, helo, protocol, tls, sender, size, message_id, direction,
  verdict, filter, score)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18);

-- name: bench_recipient
INSERT INTO mail_recipient (message, n, recipient, time, relay, disposition, reply,
  dsn, reason, source, "offset", line)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- name: bench_attempt
INSERT INTO mail_attempt (message, n, attempt, time, relay, disposition, reply,
  dsn, reason, source, "offset", line)
VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: bench_verdict
INSERT INTO mail_verdict (message, n, filter, verdict, score, time, source, "offset", line)
VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
