-- Step 18: of our customers against whom filters spoke and no rule fires, which rule
-- over verdicts of that kind comes nearest, and what it misses: those first on whom
-- it could fire by what is counted of everybody (step 10), then by how many
-- thresholds are missed, then by how far the farthest is.  Rules over logins are not
-- near to who uses none.
DROP TABLE IF EXISTS temp.nearest;
CREATE TEMP TABLE nearest (customer TEXT PRIMARY KEY, rule TEXT) WITHOUT ROWID;
INSERT INTO temp.nearest
SELECT customer, rule
  FROM (SELECT customer, rule,
               row_number() OVER (PARTITION BY customer ORDER BY promising DESC, missed, far, rule) AS k
          FROM (SELECT c.customer, r.rule,
                       EXISTS (SELECT 1 FROM temp.promising p
                                WHERE p.customer = c.customer AND p.rule = r.rule) AS promising,
                       sum(iif(m.value < a.at_least OR m.value > a.at_most, 1, 0)) AS missed,
                       max(CASE WHEN m.value < a.at_least THEN 1 - m.value / a.at_least
                                WHEN m.value > a.at_most THEN 1 - a.at_most / m.value
                                ELSE 0 END) AS far
                  FROM temp.classed c
                 CROSS JOIN temp.detect_rule r
                    ON iif(c.scope = 'customer', r.customer, r.own_unassigned)
                   AND (c.kind = r.kind OR c.kind = 'both' AND r.kind <> 'innocent')
                   AND r.rule IN (SELECT v.rule
                                    FROM temp.asks v JOIN main.metric_name n ON n.metric = v.metric
                                   WHERE n.verdict)
                 CROSS JOIN temp.asks a ON a.rule = r.rule
                  LEFT JOIN temp.metric m ON m.customer = c.customer AND m.metric = a.key
                 WHERE c.class = 'below_threshold' AND c.scope <> 'remote'
                 GROUP BY c.customer, r.rule
                HAVING missed > 0 AND NOT max(a.metric LIKE '%auth%' AND coalesce(m.value, 0) = 0)))
 WHERE k = 1;
