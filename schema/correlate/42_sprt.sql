-- Step 9: Wald's sequential probability ratio test (1945) over what content
-- filters said of a customer's own mail, in order of time, as Duan et al. use
-- it against spam zombies ("SPOT", 2012).  Each spam verdict adds
-- ln(theta1 / theta0), each clean one ln((1 - theta1) / (1 - theta0)).  At
-- ln((1 - beta) / alpha) the customer is taken for infected and the test is
-- over; at ln(beta / (1 - alpha)) for clean, and it begins anew at 0.
-- Rules with the same parameters share one test, by the name of the first.
DROP TABLE IF EXISTS temp.sprt_rule;
CREATE TEMP TABLE sprt_rule (
  rule TEXT PRIMARY KEY, test TEXT) WITHOUT ROWID;
INSERT INTO temp.sprt_rule
SELECT rule, min(rule) OVER (PARTITION BY theta0, theta1, alpha, beta)
  FROM temp.detect_sprt;
DROP TABLE IF EXISTS temp.sprt_step;
CREATE TEMP TABLE sprt_step (
  test TEXT PRIMARY KEY, up REAL, down REAL, upper REAL, lower REAL) WITHOUT ROWID;
INSERT INTO temp.sprt_step
SELECT rule, ln(theta1 / theta0), ln((1 - theta1) / (1 - theta0)),
       ln((1 - beta) / alpha), ln(beta / (1 - alpha))
  FROM temp.detect_sprt WHERE rule IN (SELECT test FROM temp.sprt_rule);

-- Only who has the verdicts that it takes at the least.
DROP TABLE IF EXISTS temp.sprt_who;
CREATE TEMP TABLE sprt_who (
  test TEXT, customer TEXT, PRIMARY KEY (test, customer)) WITHOUT ROWID;
INSERT INTO temp.sprt_who
SELECT s.test, f.customer
  FROM temp.figures f JOIN temp.sprt_step s
    ON f.own_spam_messages > 0 AND f.senders IS NOT NULL AND f.own_spam_messages * s.up >= s.upper;

-- One row a verdict until the decision; since and spam: of the running test.
DROP TABLE IF EXISTS temp.sprt;
CREATE TEMP TABLE sprt (
  customer TEXT, rule TEXT, time INTEGER, verdicts INTEGER, spam INTEGER,
  PRIMARY KEY (customer, rule)) WITHOUT ROWID;
INSERT INTO temp.sprt
WITH RECURSIVE walk (test, customer, cust, time, key, sum, since, spam) AS (
  SELECT test, customer, text_no(customer), -9223372036854775808, 0, 0.0, 0, 0 FROM temp.sprt_who
  UNION ALL
  SELECT k.test, k.customer, k.cust, v.received, v.message_key,
         iif(k.sum <= s.lower, 0.0, k.sum) + iif(v.spam, s.up, s.down),
         iif(k.sum <= s.lower, 0, k.since) + 1,
         iif(k.sum <= s.lower, 0, k.spam) + v.spam
    FROM walk k
   CROSS JOIN temp.sprt_step s ON s.test = k.test AND k.sum < s.upper
   CROSS JOIN temp.day_message v
      ON v.cust = k.cust
     AND (v.received, v.message_key) =
         (SELECT d.received, d.message_key
            FROM temp.day_message d
           WHERE d.cust = k.cust AND (d.received, d.message_key) > (k.time, k.key)
             AND d.own AND (d.spam OR d.clean AND NOT d.virus)
           ORDER BY d.received, d.message_key LIMIT 1))
SELECT k.customer, r.rule, k.time, k.since, k.spam
  FROM walk k
  JOIN temp.sprt_step s ON s.test = k.test AND k.sum >= s.upper
  JOIN temp.sprt_rule r ON r.test = k.test;

INSERT INTO temp.metric
SELECT w.customer, a.key, s.customer IS NOT NULL
  FROM temp.asks a
  JOIN temp.sprt_rule r ON r.rule = a.rule
  JOIN temp.sprt_who w ON w.test = r.test
  LEFT JOIN temp.sprt s ON s.customer = w.customer AND s.rule = a.rule
 WHERE a.metric = 'spam_sprt';
