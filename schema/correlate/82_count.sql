-- Step 20: who was reported, for a customer may be known by that alone; and what a
-- worker's customers add to the figures of the run.
INSERT INTO temp.reported
SELECT run.day, w.customer, w.scope, p.n
  FROM temp.run JOIN temp.complained p JOIN temp.who w ON w.cust = p.cust;

CREATE TEMP TABLE classes AS
SELECT scope, class, coalesce(kind, 'none') AS kind, coalesce(flow_support, 'none') AS flow_support,
       count(*) AS customers
  FROM temp.judged
 GROUP BY 1, 2, 3, 4;

CREATE TEMP TABLE counted AS
SELECT (SELECT count(*) FROM temp.attributed WHERE what = 'm')
         + coalesce((SELECT sum(transactions) FROM temp.hour_sum), 0) AS attributed,
       coalesce((SELECT sum(messages) FROM temp.doubtful), 0) AS ambiguous,
       (SELECT count(*) FROM temp.who w JOIN temp.flow_figures f ON f.cust = w.cust
         WHERE w.scope <> 'remote' AND f.client >= run.flow_client_min
           AND f.client_covered = 0
           AND w.cust NOT IN (SELECT cust FROM temp.classed)) AS flow_uncovered,
       (SELECT count(*) FROM temp.who w JOIN temp.figures g ON g.cust = w.cust
         WHERE w.scope = 'own_unassigned' AND g.transactions > 0) AS unleased_mail,
       (SELECT count(*) FROM temp.who w JOIN temp.flow_figures f ON f.cust = w.cust
         WHERE w.scope = 'own_unassigned' AND f.client > 0) AS unleased_flow
  FROM temp.run;

-- Own addresses in the findings; those of two workers' customers count once.
CREATE TEMP TABLE own_addr (addr INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO temp.own_addr
SELECT f.addr
  FROM temp.finding_addr f CROSS JOIN temp.day_addr a ON a.addr = f.addr
 WHERE (a.inside OR a.leased) AND NOT a.own_host;
