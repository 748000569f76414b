-- Step 1: what this run is about, as one row, and which hours were observed.
-- param: day, day_start, day_end, timezone, window, mail_clock_error (the largest
-- of the mail sources), packets_per_message,
-- evidence_max, remote_evidence_max, flow_client_min, server_* (src/correlate/server_pattern.h),
-- ports (JSON list), watermark.
DROP TABLE IF EXISTS temp.run;
CREATE TEMP TABLE run AS
SELECT (SELECT value FROM temp.param WHERE name = 'day') AS day,
       (SELECT value FROM temp.param WHERE name = 'day_start') AS day_start,
       (SELECT value FROM temp.param WHERE name = 'day_end') AS day_end,
       (SELECT value FROM temp.param WHERE name = 'window') AS window,
       (SELECT value FROM temp.param WHERE name = 'mail_clock_error') AS mail_clock_error,
       (SELECT value FROM temp.param WHERE name = 'packets_per_message') AS packets_per_message,
       (SELECT value FROM temp.param WHERE name = 'evidence_max') AS evidence_max,
       (SELECT value FROM temp.param WHERE name = 'remote_evidence_max') AS remote_evidence_max,
       (SELECT value FROM temp.param WHERE name = 'flow_client_min') AS flow_client_min,
       (SELECT value FROM temp.param WHERE name = 'server_share_min') AS server_share_min,
       (SELECT value FROM temp.param WHERE name = 'server_syn_min') AS server_syn_min,
       (SELECT value FROM temp.param WHERE name = 'server_answered_min') AS server_answered_min,
       (SELECT value FROM temp.param WHERE name = 'server_rst_max') AS server_rst_max,
       (SELECT value FROM temp.param WHERE name = 'server_days') AS server_days,
       (SELECT value FROM temp.param WHERE name = 'server_answers_min') AS server_answers_min,
       (SELECT value FROM temp.param WHERE name = 'watermark') AS watermark,
       -- what clocks are off, at most: what is read before they are corrected
       (SELECT coalesce(max(abs(ahead)), 0) FROM clock WHERE kind = 'mail') AS mail_margin,
       (SELECT coalesce(max(abs(ahead)), 0) FROM clock WHERE kind = 'flow') AS flow_margin,
       EXISTS (SELECT 1 FROM clock WHERE kind = 'lease' AND ahead <> 0) AS lease_ahead,
       (SELECT id FROM main.name WHERE text = '') AS null_sender;

DROP TABLE IF EXISTS temp.mail_port;
CREATE TEMP TABLE mail_port (port INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO temp.mail_port
SELECT value FROM json_each((SELECT value FROM temp.param WHERE name = 'ports'));

-- Hours in which our mail servers wrote log lines: all that are expected to
-- (schema/024_silent.sql).
DROP TABLE IF EXISTS temp.log_hour;
CREATE TEMP TABLE log_hour (hour INTEGER PRIMARY KEY);
INSERT INTO temp.log_hour
SELECT DISTINCT c.hour
  FROM temp.run CROSS JOIN main.coverage c
 WHERE c.kind = 'mail' AND c.lines > 0
   AND c.hour > run.day_start - 3600000000 AND c.hour < run.day_end
EXCEPT
SELECT s.hour
  FROM temp.run CROSS JOIN main.silent_host s
 WHERE s.hour > run.day_start - 3600000000 AND s.hour < run.day_end;

-- Hours in which an agent was heard, with the largest rate it sampled at; of
-- an unknown rate (0) nothing follows for what was not seen.
-- An agent without a vantage is taken for one at an exchange: it sees nothing
-- of what stays inside our network.
DROP TABLE IF EXISTS temp.flow_hour;
CREATE TEMP TABLE flow_hour (
  hour INTEGER, agent INTEGER, vantage TEXT, rate INTEGER,
  PRIMARY KEY (hour, agent)
) WITHOUT ROWID;
INSERT INTO temp.flow_hour
SELECT f.hour, f.agent, coalesce(a.vantage, 'exchange'), nullif(f.rate_max, 0)
  FROM temp.run CROSS JOIN main.flow_coverage f
  LEFT JOIN flow_agent a ON a.agent = f.agent
 WHERE f.samples + f.smtp_packets > 0
   AND f.hour > run.day_start - run.window - 3600000000
   AND f.hour < run.day_end + run.window;

-- Under what imported sender lists are kept: it heard nothing itself.
DROP TABLE IF EXISTS temp.list_agent;
CREATE TEMP TABLE list_agent (agent INTEGER PRIMARY KEY);
INSERT INTO temp.list_agent
SELECT f.agent
  FROM temp.run CROSS JOIN main.flow_coverage f
 WHERE f.hour > run.day_start - run.window - 3600000000
   AND f.hour < run.day_end + run.window
 GROUP BY f.agent
HAVING sum(f.datagrams + f.malformed + f.samples + f.smtp_packets) = 0;
