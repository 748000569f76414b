-- What the verb compare reads: logs against flows, on the same days, of the
-- same customers (scopes customer and own_unassigned).  Days from ?1 to before
-- ?2; the period before it, of the same length, tells who is new.
--   logs   confirmed: by verdicts or a rule
--   flows  seen as SMTP client in the samples, not known as a mail server (by
--          the allow-list or by its pattern), nothing clean in the logs

-- A row a set, of the days that it may be counted on: of one side by itself
-- those that this side covers (logs: mail_hours; complaints: each day that was
-- correlated), of all others (common) those that logs and flows both cover, so
-- that a part is never more than its whole.  Without such a day all is NULL.
-- new, still, gone: against the period before; NULL if a day of either misses.
-- name: compare_sets
WITH RECURSIVE
span AS (SELECT ?1 AS first, ?2 AS until, ?1 - (?2 - ?1) AS before),
days (day) AS (
  SELECT before FROM span UNION ALL
  SELECT day + 1 FROM days, span WHERE day + 1 < span.until),
cover AS (
  SELECT d.day, d.day >= span.first AS now, r.day IS NOT NULL AS run,
         coalesce(r.mail_hours > 0, 0) AS logs,
         coalesce(r.mail_hours > 0 AND r.flow_hours > 0, 0) AS both
    FROM span CROSS JOIN days d LEFT JOIN correlation_run r ON r.day = d.day),
known AS (                  -- days of the period, and whether both periods are whole
  SELECT c.basis, sum(c.now AND c.there) AS days, min(c.there) AS whole
    FROM (SELECT 'run' AS basis, now, run AS there FROM cover UNION ALL
          SELECT 'logs', now, logs FROM cover UNION ALL
          SELECT 'both', now, both FROM cover) c
   GROUP BY c.basis),
member AS (                 -- who is reported and nothing else has no finding
  SELECT c.now, c.both, r.day, r.customer, 0 AS logs, 0 AS flows, 1 AS complaints
    FROM cover c CROSS JOIN reported r
   WHERE r.day = c.day AND r.scope <> 'remote'
     AND NOT EXISTS (SELECT 1 FROM finding_figure f WHERE f.day = r.day AND f.customer = r.customer)
  UNION ALL
  SELECT c.now, c.both, f.day, f.customer,
         c.logs AND f.class = 'confirmed' AS logs,
         f.class = 'flow_only_suspect'
           OR f.class IN ('confirmed', 'below_threshold') AND f.client > 0
              AND NOT coalesce(f.expected, 0) AS flows,
         f.complaints > 0 AS complaints
    FROM cover c CROSS JOIN finding_figure f
   WHERE f.day = c.day AND f.scope <> 'remote'),
span_member AS (            -- day NULL: a customer's whole period, on any day
  SELECT 0 AS common, now, customer, NULL AS day, max(logs) AS logs, max(flows) AS flows,
         max(complaints) AS complaints
    FROM member GROUP BY now, customer
  UNION ALL
  SELECT 1, now, customer, NULL, max(logs), max(flows), max(complaints)
    FROM member WHERE both GROUP BY now, customer
  UNION ALL
  SELECT 0, now, customer, day, logs, flows, complaints FROM member WHERE now
  UNION ALL
  SELECT 1, now, customer, day, logs, flows, complaints FROM member WHERE now AND both),
sets (n, common, basis, name, meaning) AS (VALUES
  (1, 0, 'logs', 'logs', 'confirmed by the logs'),
  (2, 0, 'run', 'complaints', 'reported by others'),
  (3, 1, 'both', 'logs_same_days', 'confirmed by the logs'),
  (4, 1, 'both', 'flows', 'SMTP clients in the flows; no mail server, no clean log'),
  (5, 1, 'both', 'complaints_same_days', 'reported by others'),
  (6, 1, 'both', 'logs_and_flows', 'on both lists'),
  (7, 1, 'both', 'logs_only', 'confirmed, and not on the list of the flows'),
  (8, 1, 'both', 'flows_only', 'on the list of the flows, and not confirmed'),
  (9, 1, 'both', 'all_three', 'logs, flows and complaints'),
  (10, 1, 'both', 'complaints_only', 'reported, and neither confirmed nor on the list of the flows')),
in_set AS (
  SELECT s.n, m.now, m.customer, m.day
    FROM sets s JOIN span_member m
      ON m.common = s.common
     AND CASE s.name WHEN 'logs' THEN m.logs WHEN 'logs_same_days' THEN m.logs
                     WHEN 'complaints' THEN m.complaints
                     WHEN 'complaints_same_days' THEN m.complaints
                     WHEN 'flows' THEN m.flows
                     WHEN 'logs_and_flows' THEN m.logs AND m.flows
                     WHEN 'logs_only' THEN m.logs AND NOT m.flows
                     WHEN 'flows_only' THEN m.flows AND NOT m.logs
                     WHEN 'complaints_only' THEN m.complaints AND NOT m.logs AND NOT m.flows
                     ELSE m.logs AND m.flows AND m.complaints END),
customer_day AS (
  SELECT n, count(*) AS days FROM in_set WHERE day IS NOT NULL GROUP BY n),
counted AS (
  SELECT n,
         count(*) FILTER (WHERE now) AS customers,
         count(*) FILTER (WHERE now AND NOT before) AS new,
         count(*) FILTER (WHERE now AND before) AS still,
         count(*) FILTER (WHERE NOT now AND NOT after) AS gone
    FROM (SELECT n, now, customer,
                 min(now) OVER w = 0 AS before, max(now) OVER w = 1 AS after
            FROM in_set WHERE day IS NULL WINDOW w AS (PARTITION BY n, customer))
   GROUP BY n)
SELECT s.name,
       iif(k.days, coalesce(c.customers, 0), NULL),
       iif(k.days, coalesce(d.days, 0), NULL),
       coalesce(d.days, 0) * 1.0 / nullif(k.days, 0),
       iif(k.whole, coalesce(c.new, 0), NULL),
       iif(k.whole, coalesce(c.still, 0), NULL),
       iif(k.whole, coalesce(c.gone, 0), NULL),
       iif(k.whole, coalesce(c.new, 0) * 1.0 / k.days, NULL),
       s.meaning, k.days, ?2 - ?1, s.common
  FROM sets s JOIN known k ON k.basis = s.basis
  LEFT JOIN counted c ON c.n = s.n
  LEFT JOIN customer_day d ON d.n = s.n
 ORDER BY s.n;

-- The lists for capture and recapture, in customer-days, of days that logs and
-- flows both cover.
--   logs  confirmed, and where the flows could have shown it: an agent sees the
--         path, and the mail is not all of a stolen password, from elsewhere
--   both  of these, sampled in the window of what confirmed them
--   suspects  the flows have these besides: weighed in compare.c
-- Known mail servers are in none.  elsewhere: confirmed, and left out for the
-- path; expected: left out as a mail server; last: days used.
-- name: compare_lists
WITH elsewhere (day, customer) AS MATERIALIZED (
  SELECT f.day, f.customer
    FROM finding_figure f
   WHERE f.day >= ?1 AND f.day < ?2 AND f.class = 'confirmed'
     AND (f.flow_support = 'not_visible'
          OR f.attributed_by = 'auth_user'
             AND NOT EXISTS (SELECT 1 FROM finding_addr x
                               JOIN addr a ON a.id = x.addr
                               JOIN own_prefix p ON a.bytes BETWEEN p.first AND p.last
                              WHERE x.day = f.day AND x.customer = f.customer
                                AND x.messages > 0)))
SELECT count(*) FILTER (WHERE logs AND NOT far),
       count(*) FILTER (WHERE logs AND NOT far AND flow_support = 'seen'),
       count(*) FILTER (WHERE class = 'flow_only_suspect'),
       count(*) FILTER (WHERE logs AND far),
       count(*) FILTER (WHERE expected),
       (SELECT count(*) FROM correlation_run
         WHERE day >= ?1 AND day < ?2 AND mail_hours > 0 AND flow_hours > 0)
  FROM (SELECT f.class, f.flow_support,
               f.class = 'flow_only_expected' OR coalesce(f.expected, 0) AS expected,
               f.class = 'confirmed' AND NOT coalesce(f.expected, 0) AS logs,
               (f.day, f.customer) IN (SELECT day, customer FROM elsewhere) AS far
          FROM finding_figure f JOIN correlation_run r ON r.day = f.day
         WHERE f.day >= ?1 AND f.day < ?2 AND f.scope <> 'remote'
           AND r.mail_hours > 0 AND r.flow_hours > 0);

-- The figures of these suspects, for the score, and their day.
-- name: compare_suspects
SELECT g.ln_client, g.syn_share, g.answered_share, g.rst_share, g.hours,
       g.slots_per_hour, g.server_share, g.packets_2, g.packets_3, g.packets_6, g.hours_2,
       g.server_seen, g.day
  FROM flow_figure g JOIN correlation_run r ON r.day = g.day
 WHERE g.day >= ?1 AND g.day < ?2 AND g.class = 'flow_only_suspect'
   AND r.mail_hours > 0 AND r.flow_hours > 0
 ORDER BY g.day;

-- What the days rest on.  Figures of the logs are NULL where no day has any.
-- name: compare_coverage
SELECT min(day_start), max(day_end), count(*), coalesce(sum(mail_hours > 0), 0),
       coalesce(sum(flow_hours > 0), 0), coalesce(sum(mail_hours > 0 AND flow_hours > 0), 0),
       coalesce(sum(mail_hours), 0), coalesce(sum(flow_hours), 0), coalesce(sum(hours), 0),
       iif(sum(mail_hours > 0), sum(messages), NULL),
       iif(sum(mail_hours > 0), sum(unattributed), NULL),
       iif(sum(mail_hours > 0), sum(ambiguous), NULL), sum(flow_uncovered)
  FROM correlation_run WHERE day >= ?1 AND day < ?2;

-- The days from ?1 to before ?2 that no log (?3 = 0) or no flow (1) covers.
-- name: compare_missing
WITH RECURSIVE days (day) AS (
  SELECT ?1 UNION ALL SELECT day + 1 FROM days WHERE day + 1 < ?2)
SELECT date(d.day * 86400, 'unixepoch')
  FROM days d LEFT JOIN correlation_run r ON r.day = d.day
 WHERE coalesce(iif(?3, r.flow_hours, r.mail_hours), 0) = 0
 ORDER BY d.day;
