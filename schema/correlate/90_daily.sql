-- Step 22: the day's figures for charts, and what this run saw.  The findings are
-- not read again: they are the most of what was written.
DELETE FROM main.daily WHERE day = (SELECT day FROM temp.run);
INSERT INTO main.daily
SELECT run.day, c.scope, c.class, c.kind, c.flow_support, sum(c.customers)
  FROM temp.run JOIN temp.classes c
 GROUP BY c.scope, c.class, c.kind, c.flow_support;
INSERT INTO main.daily
SELECT r.day, r.scope, 'reported', 'any', 'none', count(*)
  FROM temp.run JOIN main.reported r ON r.day = run.day
 GROUP BY r.scope;
INSERT INTO main.daily
SELECT r.day, r.scope, 'reported', 'only', 'none', count(*)
  FROM temp.run JOIN main.reported r ON r.day = run.day
 WHERE NOT EXISTS (SELECT 1 FROM main.finding_figure f
                    WHERE f.day = r.day AND f.customer = r.customer AND f.class = 'confirmed')
 GROUP BY r.scope;

-- unleased: without any lease they stand in the place of a customer, with mail or
-- with client packets.
INSERT OR REPLACE INTO main.correlation_run
SELECT run.day, run.day_start, run.day_end,
       (SELECT value FROM temp.param WHERE name = 'timezone'), run.watermark,
       (SELECT value FROM temp.param WHERE name = 'parameters'),
       (SELECT value FROM temp.param WHERE name = 'imports'),
       (SELECT count(*) FROM temp.log_hour),
       (SELECT count(DISTINCT hour) FROM temp.flow_hour
         WHERE hour > run.day_start - 3600000000 AND hour < run.day_end),
       -- as those above: hours of UTC, of which a day of half-hour zones has 25
       (run.day_end + 3599999999) / 3600000000 - run.day_start / 3600000000,
       m.n, m.n - c.attributed, c.ambiguous, c.flow_uncovered,
       (SELECT count(*) FROM temp.own_addr), c.unleased_mail, c.unleased_flow
  FROM temp.run
  JOIN (SELECT sum(attributed) AS attributed, sum(ambiguous) AS ambiguous,
               sum(flow_uncovered) AS flow_uncovered, sum(unleased_mail) AS unleased_mail,
               sum(unleased_flow) AS unleased_flow
          FROM temp.counted) c
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
