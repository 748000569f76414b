-- After the steps of schema/correlate as far as the rules: what each rule did to
-- the day, beside the findings that are in the store.  new: whom the rule would
-- confirm, and who is not confirmed; gone: who is confirmed by it, or by a rule
-- that it takes away, and would not be any more; fixed and innocent: how the desk
-- closed the cases of those on whom it fires, from that day on.
DROP TABLE IF EXISTS temp.replay_new;
CREATE TEMP TABLE replay_new (
  rule TEXT, customer TEXT, PRIMARY KEY (rule, customer)) WITHOUT ROWID;
INSERT INTO temp.replay_new
SELECT h.rule, h.customer
  FROM temp.run JOIN temp.fired h
 WHERE NOT EXISTS (SELECT 1 FROM main.finding_figure f
                    WHERE f.day = run.day AND f.customer = h.customer AND f.class = 'confirmed');
DROP TABLE IF EXISTS temp.replay_gone;
CREATE TEMP TABLE replay_gone (
  rule TEXT, customer TEXT, PRIMARY KEY (rule, customer)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.replay_gone
SELECT w.rule, r.customer
  FROM temp.run
  JOIN main.finding_rule r ON r.day = run.day
  LEFT JOIN temp.taken t ON t.customer = r.customer AND t.rule = r.rule
  JOIN (SELECT 0 AS by_taker UNION ALL SELECT 1) b
  JOIN (SELECT rule FROM main.detect_rule
        UNION SELECT f.rule FROM temp.run JOIN main.finding_rule f ON f.day = run.day) w
    ON w.rule = iif(b.by_taker, t.taken_by, r.rule)
 WHERE NOT EXISTS (SELECT 1 FROM temp.fired h WHERE h.customer = r.customer);

INSERT INTO temp.replay
SELECT w.rule, coalesce(h.fires, 0),
       (SELECT count(*) FROM temp.replay_new n WHERE n.rule = w.rule),
       (SELECT count(*) FROM temp.replay_gone g WHERE g.rule = w.rule),
       coalesce(h.fixed, 0), coalesce(h.innocent, 0),
       (SELECT json_group_array(customer)
          FROM (SELECT customer FROM temp.replay_new n WHERE n.rule = w.rule ORDER BY customer)),
       (SELECT json_group_array(customer)
          FROM (SELECT customer FROM temp.replay_gone g WHERE g.rule = w.rule ORDER BY customer))
  FROM (SELECT rule FROM main.detect_rule UNION SELECT rule FROM temp.replay_gone) w
  LEFT JOIN (SELECT h.rule, count(*) AS fires, sum(h.action = 'fixed') AS fixed,
                    sum(h.action = 'innocent') AS innocent
               FROM (SELECT k.rule,
                            (SELECT a.action FROM main.action a
                              WHERE a.customer = k.customer AND a.action IN ('fixed', 'innocent')
                                AND a.time >= run.day_start
                              ORDER BY a.time, a.id LIMIT 1) AS action
                       FROM temp.run JOIN temp.hit k) h
              GROUP BY h.rule) h ON h.rule = w.rule;
