-- Step 7: who each customer-day is about, and which detection rules fire.
-- Where mail reached us in several ways, the surest way of attribution stands.
DROP TABLE IF EXISTS temp.who;
CREATE TEMP TABLE who (
  customer TEXT PRIMARY KEY, rank INTEGER, scope TEXT) WITHOUT ROWID;
INSERT INTO temp.who
SELECT customer,
       coalesce(min(iif(doubt IS NULL, rank, NULL)), min(rank)),
       CASE coalesce(min(iif(doubt IS NULL, place, NULL)), min(place))
            WHEN 1 THEN 'customer' WHEN 2 THEN 'own_unassigned' ELSE 'remote' END
  FROM (SELECT customer, rank, doubt,
               CASE scope WHEN 'customer' THEN 1 WHEN 'own_unassigned' THEN 2 ELSE 3 END AS place
          FROM temp.attributed)
 GROUP BY customer;

-- A rule fires when each of its thresholds holds.
DROP TABLE IF EXISTS temp.fired;
CREATE TEMP TABLE fired (
  customer TEXT, rule TEXT, kind TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
INSERT INTO temp.fired
SELECT w.customer, r.rule, r.kind
  FROM main.detect_rule r
  JOIN main.detect_threshold t ON t.rule = r.rule
  JOIN temp.metric m ON m.metric = t.metric
  JOIN temp.who w ON w.customer = m.customer
   AND CASE w.scope WHEN 'customer' THEN r.customer
                    WHEN 'own_unassigned' THEN r.own_unassigned ELSE r.remote END
 GROUP BY w.customer, r.rule
HAVING min((t.at_least IS NULL OR m.value >= t.at_least)
           AND (t.at_most IS NULL OR m.value <= t.at_most));
