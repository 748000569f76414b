-- Step 15: rules that others take away: who is recognised as a newsletter or a
-- forwarder is not called a bot for what they do, and whom a rule with a better
-- name has found, not by two names.  Rules over filters' verdicts are never
-- taken away (correlate.c sees to it).
DROP TABLE IF EXISTS temp.taken;
CREATE TEMP TABLE taken (
  customer TEXT, rule TEXT, taken_by TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
INSERT INTO temp.taken
SELECT h.customer, h.rule, min(b.rule)
  FROM temp.hit h
  JOIN temp.detect_against a ON a.against = h.rule
  JOIN temp.hit b ON b.customer = h.customer AND b.rule = a.rule
 GROUP BY h.customer, h.rule;

DROP TABLE IF EXISTS temp.fired;
CREATE TEMP TABLE fired (
  customer TEXT, rule TEXT, kind TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
INSERT INTO temp.fired
SELECT h.customer, h.rule, h.kind
  FROM temp.hit h
  LEFT JOIN temp.taken t ON t.customer = h.customer AND t.rule = h.rule
 WHERE h.kind <> 'innocent' AND t.rule IS NULL;

-- What people read of it.
DROP TABLE IF EXISTS temp.spoken;
CREATE TEMP TABLE spoken (
  customer TEXT PRIMARY KEY, innocent TEXT, taken TEXT) WITHOUT ROWID;
INSERT INTO temp.spoken
SELECT customer,
       (SELECT group_concat(q.text, '; ')
          FROM (SELECT h.rule || ' (' || r.summary || ')' AS text
                  FROM temp.hit h JOIN temp.detect_rule r ON r.rule = h.rule
                 WHERE h.customer = c.customer AND h.kind = 'innocent' ORDER BY h.rule) q),
       (SELECT group_concat(q.text, ', ')
          FROM (SELECT t.rule || ' is explained by ' || t.taken_by AS text
                  FROM temp.taken t WHERE t.customer = c.customer ORDER BY t.rule) q)
  FROM (SELECT customer FROM temp.hit WHERE kind = 'innocent'
        UNION SELECT customer FROM temp.taken) c;
