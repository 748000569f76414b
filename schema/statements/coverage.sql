-- What the store has read, and what of it was understood: every report says
-- which time its figures are about.

-- name: coverage_total
SELECT kind, count(*) AS files, sum(lines) AS lines, sum(used) AS used,
       sum(ignored) AS ignored, sum(unparsed) AS unparsed, sum(records) AS records,
       sum(truncated) AS truncated, min(first_time) AS first_time, max(last_time) AS last_time
  FROM ledger GROUP BY kind ORDER BY kind;

-- One row a file that was read; ?1 the kind, or NULL for all.
-- name: coverage_files
SELECT kind, path, lines, used, ignored, unparsed, records, truncated,
       first_time, last_time
  FROM ledger WHERE ?1 IS NULL OR kind = ?1
 ORDER BY kind, first_time, path;

-- Logging hosts (or agents, for flows) from ?1 until ?2: in how many hours
-- they were heard, and the longest time without a line between two of them.
-- name: coverage_origins
SELECT c.kind, origin.text AS origin, min(c.hour) AS first_hour, max(c.hour) AS last_hour,
       count(*) AS hours, (max(c.hour) - min(c.hour)) / 3600000000 + 1 AS hours_between,
       sum(c.lines) AS lines, sum(c.used) AS used, sum(c.ignored) AS ignored,
       sum(c.unparsed) AS unparsed
  FROM coverage c JOIN name origin ON origin.id = c.origin
 WHERE c.lines > 0 AND c.hour > ?1 - 3600000000 AND c.hour < ?2
 GROUP BY c.kind, c.origin ORDER BY c.kind, origin.text;

-- Hours from ?1 until ?2 by which hosts wrote in them.
-- name: coverage_hours
SELECT c.hour, c.kind, origin.text AS origin, c.lines, c.used, c.ignored, c.unparsed
  FROM coverage c JOIN name origin ON origin.id = c.origin
 WHERE c.hour > ?1 - 3600000000 AND c.hour < ?2
 ORDER BY c.hour, c.kind, origin.text;

-- Agents from ?1 until ?2.  Losses are of datagrams: their samples are gone.
-- name: coverage_agents
SELECT agent.text AS agent, a.name, a.vantage, count(*) AS hours,
       sum(f.datagrams) AS datagrams, sum(f.lost_datagrams) AS lost_datagrams,
       sum(f.malformed) AS malformed, sum(f.samples) AS samples,
       sum(f.smtp_packets) AS smtp_packets, min(f.rate_min) AS rate_min,
       max(f.rate_max) AS rate_max, min(f.hour) AS first_hour, max(f.hour) AS last_hour
  FROM flow_coverage f
  JOIN addr agent ON agent.id = f.agent
  LEFT JOIN flow_agent a ON a.agent = f.agent
 WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2
 GROUP BY f.agent ORDER BY agent.bytes;

-- Samples of lines that were not understood, at most ?1, by program.
-- name: unparsed_samples
SELECT u.program, u.source, u."offset", u.line, u.text
  FROM unparsed u ORDER BY u.program, u.id LIMIT ?1;

-- name: unparsed_programs
SELECT u.program, count(*) AS samples, min(u.text) AS example
  FROM unparsed u GROUP BY u.program ORDER BY samples DESC, u.program;

-- Days ?1 to ?2 (whole days since 1970-01-01) for charts, from daily rows; a
-- day without a row was never correlated.
-- name: chart_days
SELECT day, date, timezone, spam, virus, both, report, flow_only_suspect,
       ambiguous, below_threshold, mail_hours, flow_hours, hours, covered
  FROM daily_customers WHERE day BETWEEN ?1 AND ?2 ORDER BY day;

-- The same days by class, kind and flow support: for the chart of what only
-- the logs, only the flows or both have shown.
-- name: chart_support
SELECT day, scope, class, kind, flow_support, customers
  FROM daily WHERE day BETWEEN ?1 AND ?2
 ORDER BY day, scope, class, kind, flow_support;
