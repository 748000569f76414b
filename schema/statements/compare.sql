-- What the verb compare reads: logs against flows, on the same days, of the
-- same customers (scopes customer and own_unassigned).  Days from ?1 to before
-- ?2; the period before it, of the same length, tells who is new.
--   logs   confirmed: by verdicts or a rule
--   flows  seen as SMTP client in the samples, not known as a mail server (by
--          the allow-list or by its pattern), nothing clean in the logs

-- A row a set.  A day: of the days that logs (and flows) cover.  new, still,
-- gone: against the period before; NULL if they miss a day of either.
-- name: compare_sets
WITH RECURSIVE
span AS (SELECT ?1 AS first, ?2 AS until, ?1 - (?2 - ?1) AS before),
days (day) AS (
  SELECT before FROM span UNION ALL
  SELECT day + 1 FROM days, span WHERE day + 1 < span.until),
member AS (                 -- who is reported and nothing else has no finding
  SELECT r.day >= span.first AS now, r.day, r.customer, 0 AS logs, 0 AS flows, 1 AS complaints
    FROM span CROSS JOIN reported r
   WHERE r.day >= span.before AND r.day < span.until AND r.scope <> 'remote'
     AND NOT EXISTS (SELECT 1 FROM finding_figure f WHERE f.day = r.day AND f.customer = r.customer)
  UNION ALL
  SELECT f.day >= span.first AS now, f.day, f.customer,
         f.class = 'confirmed' AS logs,
         f.class = 'flow_only_suspect'
           OR f.class IN ('confirmed', 'below_threshold') AND f.client > 0
              AND NOT coalesce(f.expected, 0) AS flows,
         f.complaints > 0 AS complaints
    FROM span CROSS JOIN finding_figure f
   WHERE f.day >= span.before AND f.day < span.until AND f.scope <> 'remote'),
span_member AS (            -- day NULL: a customer's whole period, on any day
  SELECT now, customer, NULL AS day, max(logs) AS logs, max(flows) AS flows,
         max(complaints) AS complaints
    FROM member GROUP BY now, customer
  UNION ALL
  SELECT now, customer, day, logs, flows, complaints FROM member WHERE now),
sets (n, name, meaning) AS (VALUES
  (1, 'logs', 'confirmed by the logs'),
  (2, 'flows', 'SMTP clients in the flows; no mail server, no clean log'),
  (3, 'complaints', 'reported by others'),
  (4, 'logs_and_flows', 'on both lists'),
  (5, 'logs_only', 'confirmed, and not on the list of the flows'),
  (6, 'flows_only', 'on the list of the flows, and not confirmed'),
  (7, 'all_three', 'logs, flows and complaints'),
  (8, 'complaints_only', 'reported, and neither confirmed nor on the list of the flows')),
in_set AS (
  SELECT s.n, m.now, m.customer, m.day
    FROM sets s JOIN span_member m
      ON CASE s.n WHEN 1 THEN m.logs WHEN 2 THEN m.flows WHEN 3 THEN m.complaints
                  WHEN 4 THEN m.logs AND m.flows WHEN 5 THEN m.logs AND NOT m.flows
                  WHEN 6 THEN m.flows AND NOT m.logs
                  WHEN 8 THEN m.complaints AND NOT m.logs AND NOT m.flows
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
   GROUP BY n),
known AS (                  -- days of the period that logs cover, and flows as well;
  SELECT coalesce(sum(now AND r.mail_hours > 0), 0) AS log_days,   -- and are all
         coalesce(sum(now AND r.mail_hours > 0 AND r.flow_hours > 0), 0) AS both_days,
         count(r.day) = count(*) AND min(r.mail_hours) > 0 AS logs,   -- days of both periods?
         count(r.day) = count(*) AND min(r.mail_hours) > 0 AND min(r.flow_hours) > 0 AS flows
    FROM (SELECT day, day >= span.first AS now FROM span, days) d
    LEFT JOIN correlation_run r ON r.day = d.day),
per AS (
  SELECT n, name, meaning, nullif(iif(name IN ('logs', 'complaints'), log_days, both_days), 0) AS days,
         iif(name IN ('logs', 'complaints'), logs, flows) AS before
    FROM sets, known)
SELECT p.name, coalesce(c.customers, 0), coalesce(d.days, 0),
       coalesce(d.days, 0) * 1.0 / p.days,
       iif(p.before, coalesce(c.new, 0), NULL),
       iif(p.before, coalesce(c.still, 0), NULL),
       iif(p.before, coalesce(c.gone, 0), NULL),
       iif(p.before, coalesce(c.new, 0) * 1.0 / p.days, NULL),
       p.meaning, coalesce(p.days, 0), ?2 - ?1
  FROM per p
  LEFT JOIN counted c ON c.n = p.n
  LEFT JOIN customer_day d ON d.n = p.n
 ORDER BY p.n;

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
       g.slots_per_hour, g.server_share, g.day
  FROM flow_figure g JOIN correlation_run r ON r.day = g.day
 WHERE g.day >= ?1 AND g.day < ?2 AND g.class = 'flow_only_suspect'
   AND r.mail_hours > 0 AND r.flow_hours > 0
 ORDER BY g.day;

-- What the days rest on.
-- name: compare_coverage
SELECT min(day_start), max(day_end), count(*), coalesce(sum(mail_hours > 0), 0),
       coalesce(sum(flow_hours > 0), 0), coalesce(sum(mail_hours), 0),
       coalesce(sum(flow_hours), 0), coalesce(sum(hours), 0),
       coalesce(sum(messages), 0), coalesce(sum(unattributed), 0),
       coalesce(sum(ambiguous), 0), coalesce(sum(flow_uncovered), 0)
  FROM correlation_run WHERE day >= ?1 AND day < ?2;
