-- Step 7: who each customer-day is about, and what the detection rules ask.
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

-- The thresholds, under the names that values have in temp.metric: what goes by
-- a rule's own parameters has the rule in its name.  late: counted for asked
-- customers only, in the steps that follow.
DROP TABLE IF EXISTS temp.asks;
CREATE TEMP TABLE asks (
  rule TEXT, n INTEGER, metric TEXT, key TEXT, at_least REAL, at_most REAL,
  source TEXT, late INTEGER, PRIMARY KEY (rule, n)) WITHOUT ROWID;
INSERT INTO temp.asks
SELECT t.rule, t.n, t.metric, t.metric || iif(m.asked = 2, ' of ' || t.rule, ''),
       t.at_least, t.at_most, t.source, m.asked = 1
  FROM main.detect_threshold t JOIN main.metric_name m ON m.metric = t.metric;
