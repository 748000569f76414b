-- Step 14: which detection rules fire: all of a rule's thresholds hold.
DROP TABLE IF EXISTS temp.hit;
CREATE TEMP TABLE hit (
  customer TEXT, rule TEXT, kind TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
INSERT INTO temp.hit
SELECT p.customer, p.rule, r.kind
  FROM temp.promising p
  JOIN temp.detect_rule r ON r.rule = p.rule
 WHERE NOT EXISTS (SELECT 1 FROM temp.asks a
                     LEFT JOIN temp.metric m ON m.customer = p.customer AND m.metric = a.key
                    WHERE a.rule = p.rule AND a.late
                      AND (m.value IS NULL OR m.value < a.at_least OR m.value > a.at_most));
