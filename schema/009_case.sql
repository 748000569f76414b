-- What the desk did about whom.  Rows are only ever added: the state of a case
-- follows from them and from the findings, so a day that is correlated again
-- changes no history.
DROP TABLE case_state;
CREATE TABLE action (
  id       INTEGER PRIMARY KEY,
  customer TEXT NOT NULL,
  time     INTEGER NOT NULL,
  action   TEXT NOT NULL CHECK (action IN
             ('seen','warned','suspended','fixed','innocent','reopened')),
  cause    TEXT,                     -- what it was, a word of the desk's own
  note     TEXT,
  who      TEXT                      -- who did it
) STRICT;
CREATE INDEX action_customer ON action (customer, time);
CREATE INDEX finding_customer ON finding (customer, day)
 WHERE class = 'confirmed' AND scope <> 'remote';

-- What opens a case or keeps it open, and how often the customer's case had
-- been closed by then (fixed or innocent): its round.  A finding over the time
-- of a fix is in both rounds.
CREATE VIEW case_part AS
SELECT f.customer, f.day, f.kind, f.first_seen AS time,
       (SELECT count(*) FROM action a
         WHERE a.customer = f.customer AND a.action IN ('fixed', 'innocent')
           AND a.time <= f.first_seen) AS round
  FROM finding f WHERE f.class = 'confirmed' AND f.scope <> 'remote'
UNION
SELECT f.customer, f.day, f.kind, f.last_seen,
       (SELECT count(*) FROM action a
         WHERE a.customer = f.customer AND a.action IN ('fixed', 'innocent')
           AND a.time <= f.last_seen)
  FROM finding f WHERE f.class = 'confirmed' AND f.scope <> 'remote'
UNION
SELECT r.customer, NULL, NULL, r.time,
       (SELECT count(*) FROM action a
         WHERE a.customer = r.customer AND a.action IN ('fixed', 'innocent')
           AND a.time <= r.time)
  FROM action r WHERE r.action = 'reopened';

-- How a customer's cases were closed, in order, from 0.
CREATE VIEW case_close AS
SELECT customer, time, action,
       row_number() OVER (PARTITION BY customer ORDER BY time, id) - 1 AS round
  FROM action WHERE action IN ('fixed', 'innocent');

-- A row a case: a customer once for each time it was opened.
CREATE VIEW abuse_case AS
SELECT p.customer, p.round, p.opened, p.last_seen, p.first_day, p.last_day,
       p.days_active, p.kind, c.time AS closed,
       CASE WHEN c.time IS NOT NULL THEN c.action
            WHEN EXISTS (SELECT 1 FROM action a
                          WHERE a.customer = p.customer
                            AND a.action IN ('seen', 'warned', 'suspended')
                            AND (b.time IS NULL OR a.time >= b.time)) THEN 'seen'
            WHEN p.round > 0 THEN 'reopened' ELSE 'new' END AS state
  FROM (SELECT customer, round, min(time) AS opened, max(time) AS last_seen,
               min(day) AS first_day, max(day) AS last_day,
               count(DISTINCT day) AS days_active,
               CASE WHEN max(kind = 'both') OR count(DISTINCT kind) > 1 THEN 'both'
                    ELSE max(kind) END AS kind
          FROM case_part GROUP BY customer, round) p
  LEFT JOIN case_close c ON c.customer = p.customer AND c.round = p.round
  LEFT JOIN case_close b ON b.customer = p.customer AND b.round = p.round - 1;
