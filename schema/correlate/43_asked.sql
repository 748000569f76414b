-- Step 10: on whom a rule could fire, by the thresholds over what has been
-- counted of everybody.  What follows is counted for these customers only.
DROP TABLE IF EXISTS temp.promising;
CREATE TEMP TABLE promising (
  customer TEXT, rule TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
INSERT INTO temp.promising
SELECT w.customer, r.rule
  FROM temp.detail d
 CROSS JOIN temp.who w ON w.cust = d.cust
 CROSS JOIN temp.detect_rule r
    ON CASE w.scope WHEN 'customer' THEN r.customer
                    WHEN 'own_unassigned' THEN r.own_unassigned ELSE r.remote END
 CROSS JOIN temp.asks a ON a.rule = r.rule AND NOT a.late
 CROSS JOIN temp.metric m ON m.customer = w.customer AND m.metric = a.key
 GROUP BY w.customer, r.rule
HAVING min((a.at_least IS NULL OR m.value >= a.at_least)
           AND (a.at_most IS NULL OR m.value <= a.at_most))
   AND count(*) = (SELECT count(*) FROM temp.asks b WHERE b.rule = r.rule AND NOT b.late);
-- A rule of late thresholds alone asks of everybody whose messages are looked at.
INSERT INTO temp.promising
SELECT w.customer, r.rule
  FROM temp.detail d
  JOIN temp.who w ON w.cust = d.cust
  JOIN temp.detect_rule r
    ON CASE w.scope WHEN 'customer' THEN r.customer
                    WHEN 'own_unassigned' THEN r.own_unassigned ELSE r.remote END
  JOIN temp.figures f ON f.cust = w.cust AND f.senders IS NOT NULL
 WHERE NOT EXISTS (SELECT 1 FROM temp.asks a WHERE a.rule = r.rule AND NOT a.late);

-- What is asked of whom.
DROP TABLE IF EXISTS temp.asked;
CREATE TEMP TABLE asked (
  metric TEXT, customer TEXT, PRIMARY KEY (metric, customer)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.asked
SELECT a.metric, p.customer
  FROM temp.promising p JOIN temp.asks a ON a.rule = p.rule AND a.late;
