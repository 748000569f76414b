-- Step 8: who each customer-day is about, and what the detection rules ask.
-- Where mail reached us in several ways, the surest way of attribution stands.
DROP TABLE IF EXISTS temp.who;
CREATE TEMP TABLE who (
  cust INTEGER PRIMARY KEY, customer TEXT, rank INTEGER, scope TEXT);
INSERT INTO temp.who
SELECT cust, text_of(cust), rank,
       CASE rank WHEN 3 THEN 'own_unassigned' WHEN 4 THEN 'remote' ELSE 'customer' END
  FROM (SELECT cust, coalesce(min(sure), min(rank)) AS rank
          FROM (SELECT cust, rank, rank AS sure FROM temp.at_most -- who has clear mail
                UNION ALL
                SELECT cust, rank, NULL FROM temp.attributed WHERE doubt IS NOT NULL
                UNION ALL
                SELECT cust, rank, rank FROM temp.attributed WHERE what = 'c' AND doubt IS NULL
                UNION ALL
                SELECT cust, rank, sure FROM temp.flow_who)
         GROUP BY cust);

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
  FROM temp.detect_threshold t JOIN main.metric_name m ON m.metric = t.metric;
