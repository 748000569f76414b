-- Statements of src/cmd/coverage.c and cover.c: what has been read, in hours that begin
-- before ?2 and end after ?1; ?3: only 'mail' or only 'flow', NULL both.

-- One row a logging host and a flow agent; what heard nothing itself is one that
-- sender lists are kept under.
-- name: coverage_by_origin
SELECT 'mail', n.text, NULL, count(*) FILTER (WHERE c.lines > 0), min(c.hour), max(c.hour) + 3600000000,
       sum(c.lines), sum(c.used), sum(c.ignored), sum(c.unparsed),
       NULL, NULL, NULL, NULL, NULL
  FROM coverage c JOIN name n ON n.id = c.origin
 WHERE c.kind = 'mail' AND c.hour > ?1 - 3600000000 AND c.hour < ?2 AND coalesce(?3, 'mail') = 'mail'
 GROUP BY c.origin
UNION ALL
SELECT 'flow', coalesce(g.name || ' ', '') || a.text,
       iif(sum(f.datagrams + f.malformed + f.samples + f.smtp_packets), coalesce(g.vantage, 'unknown'), 'list'),
       count(*) FILTER (WHERE f.samples + f.smtp_packets > 0), min(f.hour), max(f.hour) + 3600000000,
       NULL, NULL, NULL, NULL,
       sum(f.datagrams), sum(f.lost_datagrams), sum(f.malformed), sum(f.samples), sum(f.smtp_packets)
  FROM flow_coverage f JOIN addr a ON a.id = f.agent LEFT JOIN flow_agent g ON g.agent = f.agent
 WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2 AND coalesce(?3, 'flow') = 'flow'
 GROUP BY f.agent
 ORDER BY 1 DESC, 2;

-- name: coverage_by_hour
SELECT 'mail', n.text, NULL, 1, c.hour, c.hour + 3600000000,
       c.lines, c.used, c.ignored, c.unparsed, NULL, NULL, NULL, NULL, NULL
  FROM coverage c JOIN name n ON n.id = c.origin
 WHERE c.kind = 'mail' AND c.hour > ?1 - 3600000000 AND c.hour < ?2 AND coalesce(?3, 'mail') = 'mail'
UNION ALL
SELECT 'flow', coalesce(g.name || ' ', '') || a.text,
       iif(f.datagrams + f.malformed + f.samples + f.smtp_packets, coalesce(g.vantage, 'unknown'), 'list'), 1, f.hour, f.hour + 3600000000,
       NULL, NULL, NULL, NULL,
       f.datagrams, f.lost_datagrams, f.malformed, f.samples, f.smtp_packets
  FROM flow_coverage f JOIN addr a ON a.id = f.agent LEFT JOIN flow_agent g ON g.agent = f.agent
 WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2 AND coalesce(?3, 'flow') = 'flow'
 ORDER BY 1 DESC, 2, 5;

-- Sums over all hosts and agents; hours in which all hosts were heard that are
-- expected to be, and at least one agent.  ?3: leases are counted, too.
-- name: coverage_sum
SELECT (SELECT count(*)
          FROM (SELECT hour FROM coverage
                 WHERE kind = 'mail' AND lines > 0 AND hour > ?1 - 3600000000 AND hour < ?2
                EXCEPT
                SELECT hour FROM silent_host WHERE hour > ?1 - 3600000000 AND hour < ?2)),
       m.lines, m.used, m.ignored, m.unparsed,
       (SELECT count(DISTINCT hour) FROM flow_coverage
         WHERE samples + smtp_packets > 0 AND hour > ?1 - 3600000000 AND hour < ?2),
       f.datagrams, f.lost, f.malformed, f.samples, f.smtp_packets, f.rate_min, f.rate_max,
       r.days, r.own_addrs, r.unleased_mail, r.unleased_flow,
       (SELECT count(DISTINCT t.addr)
          FROM (SELECT agent FROM flow_coverage
                 WHERE hour > ?1 - 3600000000 AND hour < ?2
                 GROUP BY agent
                HAVING sum(datagrams + malformed + samples + smtp_packets) = 0) l
         CROSS JOIN sender_slot t ON t.agent = l.agent AND t.slot > ?1 - 300000000 AND t.slot < ?2),
       (SELECT count(*) FROM ledger WHERE kind = 'mail' AND first_time < ?2 AND last_time >= ?1),
       (SELECT count(*) FROM ledger WHERE kind = 'flow' AND first_time < ?2 AND last_time >= ?1),
       (SELECT count(DISTINCT agent) FROM flow_coverage
         WHERE samples + smtp_packets > 0 AND hour > ?1 - 3600000000 AND hour < ?2),
       r.first, r.last,
       iif(?3, (SELECT count(*) FROM lease_held
                 WHERE (start IS NULL OR start < ?2) AND (until IS NULL OR until > ?1)), NULL)
  FROM (SELECT coalesce(sum(lines), 0) AS lines, coalesce(sum(used), 0) AS used,
               coalesce(sum(ignored), 0) AS ignored, coalesce(sum(unparsed), 0) AS unparsed
          FROM coverage WHERE kind = 'mail' AND hour > ?1 - 3600000000 AND hour < ?2) m,
       (SELECT coalesce(sum(datagrams), 0) AS datagrams, coalesce(sum(lost_datagrams), 0) AS lost,
               coalesce(sum(malformed), 0) AS malformed, coalesce(sum(samples), 0) AS samples,
               coalesce(sum(smtp_packets), 0) AS smtp_packets,
               min(nullif(rate_min, 0)) AS rate_min, nullif(max(rate_max), 0) AS rate_max
          FROM flow_coverage WHERE hour > ?1 - 3600000000 AND hour < ?2) f,
       (SELECT min(day_start) AS first, max(day_end) AS last, count(own_addrs) AS days, sum(own_addrs) AS own_addrs,
               sum(unleased_mail) AS unleased_mail, sum(unleased_flow) AS unleased_flow
          FROM correlation_run WHERE day_end > ?1 AND day_start < ?2) r;

-- Files whose content touches the time.
-- name: coverage_by_file
SELECT kind, path, first_time, last_time, lines, used, ignored, unparsed,
       CASE kind WHEN 'mail' THEN NULL ELSE records END, truncated
  FROM ledger
 WHERE (first_time IS NULL OR first_time < ?2) AND (last_time IS NULL OR last_time >= ?1)
 ORDER BY kind DESC, path, first_time, id;

-- When a host wrote nothing and was expected to.
-- name: coverage_silent
SELECT n.text, min(hour), max(hour) + 3600000000, count(*)
  FROM (SELECT host, hour,
               hour - 3600000000 * row_number() OVER (PARTITION BY host ORDER BY hour) AS run
          FROM silent_host WHERE hour > ?1 - 3600000000 AND hour < ?2)
  JOIN name n ON n.id = host
 GROUP BY host, run
 ORDER BY n.text, 2;

-- When a collector was not running.
-- name: coverage_gaps
SELECT listen, start, until, why
  FROM collect_gap
 WHERE start < ?2 AND coalesce(until, start) >= ?1
 ORDER BY start, listen;

-- Samples of lines that were not understood.
-- name: coverage_unparsed
SELECT u.source, u.line, u.program, u.text
  FROM unparsed u JOIN ledger l ON l.id = u.ledger
 WHERE (l.first_time IS NULL OR l.first_time < ?2) AND (l.last_time IS NULL OR l.last_time >= ?1)
 ORDER BY u.source, u.line, u.id;

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
