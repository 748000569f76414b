-- Step 18: the day's figures for charts, and what this run saw.
DELETE FROM main.daily WHERE day = (SELECT day FROM temp.run);
INSERT INTO main.daily
SELECT day, scope, class, coalesce(kind, 'none'), coalesce(flow_support, 'none'), count(*)
  FROM main.finding
 WHERE day = (SELECT day FROM temp.run)
 GROUP BY day, scope, class, kind, flow_support;
INSERT INTO main.daily
SELECT run.day, w.scope, 'reported', 'any', 'none', count(*)
  FROM temp.run JOIN temp.complained p JOIN temp.who w ON w.cust = p.cust
 GROUP BY w.scope;
INSERT INTO main.daily
SELECT run.day, w.scope, 'reported', 'only', 'none', count(*)
  FROM temp.run JOIN temp.complained p JOIN temp.who w ON w.cust = p.cust
 WHERE NOT EXISTS (SELECT 1 FROM temp.classed c
                    WHERE c.cust = p.cust AND c.class = 'confirmed')
 GROUP BY w.scope;

-- Own addresses in the findings; of these, those without any lease stand in
-- the place of a customer, with mail or with client packets.
INSERT OR REPLACE INTO main.correlation_run
SELECT run.day, run.day_start, run.day_end,
       (SELECT value FROM temp.param WHERE name = 'timezone'), run.watermark,
       (SELECT value FROM temp.param WHERE name = 'parameters'),
       (SELECT value FROM temp.param WHERE name = 'imports'),
       (SELECT count(*) FROM temp.log_hour),
       (SELECT count(DISTINCT hour) FROM temp.flow_hour
         WHERE hour > run.day_start - 3600000000 AND hour < run.day_end),
       (run.day_end - run.day_start + 3599999999) / 3600000000,
       m.n, m.n - (SELECT count(*) FROM temp.attributed WHERE what = 'm')
         - coalesce((SELECT sum(transactions) FROM temp.hour_sum), 0),
       coalesce((SELECT sum(messages) FROM temp.doubtful), 0),
       (SELECT count(*) FROM temp.who w JOIN temp.flow_figures f ON f.cust = w.cust
         WHERE w.scope <> 'remote' AND f.client >= run.flow_client_min
           AND f.client_covered = 0
           AND w.cust NOT IN (SELECT cust FROM temp.classed)),
       (SELECT count(DISTINCT f.addr) FROM temp.run CROSS JOIN main.finding_addr f
          JOIN temp.day_addr a ON a.addr = f.addr
         WHERE f.day = run.day AND (a.inside OR a.leased) AND NOT a.own_host),
       (SELECT count(*) FROM temp.who w JOIN temp.figures g ON g.cust = w.cust
         WHERE w.scope = 'own_unassigned' AND g.transactions > 0),
       (SELECT count(*) FROM temp.who w JOIN temp.flow_figures f ON f.cust = w.cust
         WHERE w.scope = 'own_unassigned' AND f.client > 0)
  FROM temp.run
  JOIN (SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM main.clock WHERE kind = 'mail' AND ahead <> 0)
                     AND r.day_start % 3600000000 = 0 AND r.day_end % 3600000000 = 0
               THEN -- hours as a whole: their sums, and the notifications that these leave out
                 coalesce((SELECT sum(h.transactions) FROM main.mail_sum h
                            WHERE h.hour >= r.day_start / 3600000000
                              AND h.hour < r.day_end / 3600000000), 0)
                 + (SELECT count(*) FROM main.mail_message g
                     WHERE g.parent_queue_id IS NOT NULL
                       AND g.hour >= r.day_start / 3600000000 AND g.hour < r.day_end / 3600000000)
               ELSE
                 (SELECT coalesce(sum(g.received - coalesce((SELECT k.ahead FROM main.clock k
                                               WHERE k.kind = 'mail' AND k.ref = g.host), 0)
                       BETWEEN run.day_start AND run.day_end - 1), 0)
                    FROM temp.run CROSS JOIN main.mail_message g
                   WHERE g.received >= run.day_start - run.mail_margin
                     AND g.received < run.day_end + run.mail_margin)
               END AS n
          FROM temp.run r) m;
