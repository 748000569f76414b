-- Step 19: who was reported, for a customer may be known by that alone.
DELETE FROM main.reported WHERE day = (SELECT day FROM temp.run);
INSERT INTO main.reported
SELECT run.day, w.customer, w.scope, p.n
  FROM temp.run JOIN temp.complained p JOIN temp.who w ON w.cust = p.cust;
