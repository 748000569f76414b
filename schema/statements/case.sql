-- Statements of the verbs case, cases and actions.

-- The case of a customer that is open, or else his last one.
-- name: case_last
SELECT opened, closed, state, round + 1 FROM abuse_case WHERE customer = ?1
 ORDER BY round DESC LIMIT 1;

-- name: case_act
INSERT INTO action (customer, time, action, cause, note, who)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- What was found and done of a customer, in order of time.
-- name: case_history
SELECT time, what, cause, note, who
  FROM (SELECT f.first_seen AS time, 0 AS n, 'confirmed' AS what, f.kind AS cause,
               f.reason AS note, NULL AS who
          FROM finding_figure f
         WHERE f.customer = ?1 AND f.class = 'confirmed' AND f.scope <> 'remote'
        UNION ALL
        SELECT time, id, action, cause, note, who FROM action WHERE customer = ?1)
 ORDER BY time, n;

-- Cases, the oldest that are open first.  ?1: of this state; ?2, ?3: active at
-- or after, and opened before.
-- name: cases
SELECT customer, state, kind, round + 1, opened, last_seen,
       date(first_day * 86400, 'unixepoch'), date(last_day * 86400, 'unixepoch'),
       days_active, closed,
       (SELECT a.action FROM action a WHERE a.customer = c.customer
         ORDER BY a.time DESC, a.id DESC LIMIT 1),
       (SELECT sum(r.mail_hours) FROM correlation_run r WHERE r.day BETWEEN c.first_day AND c.last_day),
       (SELECT sum(r.flow_hours) FROM correlation_run r WHERE r.day BETWEEN c.first_day AND c.last_day),
       (SELECT sum(r.hours) FROM correlation_run r WHERE r.day BETWEEN c.first_day AND c.last_day)
  FROM abuse_case c
 WHERE (?1 IS NULL OR state = ?1)
   AND (?2 IS NULL OR coalesce(closed, last_seen) >= ?2 OR last_seen >= ?2)
   AND (?3 IS NULL OR opened < ?3)
 ORDER BY closed IS NOT NULL, opened, customer;

-- Sums from ?1 to before ?2: how the desk keeps up.  Time to fix is from the
-- first sight of it to the close, in hours, of the cases that were closed in
-- the time as fixed; median and 90th percentile by the nearest rank.  Days without
-- any log are no zeros: rates are of the days that logs cover, ?3 are all days.
-- name: action_sums
WITH
c AS (SELECT * FROM abuse_case WHERE opened < ?2),
fix AS (
  SELECT (closed - opened) / 3600e6 AS hours,
         row_number() OVER (ORDER BY closed - opened) AS i, count(*) OVER () AS n
    FROM c WHERE state = 'fixed' AND closed >= ?1 AND closed < ?2)
SELECT (SELECT count(*) FROM c WHERE opened < ?1 AND (closed IS NULL OR closed >= ?1)),
       (SELECT count(*) FROM c WHERE opened >= ?1),
       (SELECT count(*) FROM c WHERE opened >= ?1 AND round > 0),
       (SELECT count(*) FROM c WHERE state = 'fixed' AND closed >= ?1 AND closed < ?2),
       (SELECT count(*) FROM c WHERE state = 'innocent' AND closed >= ?1 AND closed < ?2),
       (SELECT count(*) FROM c WHERE closed IS NULL OR closed >= ?2),
       (SELECT hours FROM fix WHERE i = (n + 1) / 2),
       (SELECT hours FROM fix WHERE i = (n * 9 + 9) / 10),
       (SELECT count(*) * 1.0 FROM c WHERE opened >= ?1) / nullif(known.days, 0),
       (SELECT count(*) * 1.0 FROM c WHERE closed >= ?1 AND closed < ?2) / nullif(known.days, 0),
       known.days, ?3
  FROM (SELECT count(*) AS days FROM correlation_run
         WHERE day_end > ?1 AND day_start < ?2 AND mail_hours > 0) known;

-- What was done from ?1 to before ?2, by action and cause.
-- name: action_counts
SELECT action, cause, count(*), count(DISTINCT customer)
  FROM action WHERE time >= ?1 AND time < ?2
 GROUP BY action, cause
 ORDER BY CASE action WHEN 'seen' THEN 1 WHEN 'warned' THEN 2 WHEN 'suspended' THEN 3
               WHEN 'fixed' THEN 4 WHEN 'innocent' THEN 5 ELSE 6 END, count(*) DESC, cause;
