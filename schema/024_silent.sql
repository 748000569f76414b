-- Hours in which a logging host wrote nothing though it was expected to, while
-- another one wrote: mail went through it that no log here tells of, so that such
-- an hour is not covered, and a flow in it makes no suspect.  Expected is who wrote
-- ten lines and more (of fewer there may be none by chance)
-- about this hour of the day (UTC; one before and one after are asked, too, for one
-- hole says little) more often than not on those of the seven days before on which
-- he wrote at all, two at least; and about this hour a week ago, if he was there in
-- the week before that: there are servers that rest at night, and on Sundays.  Of a
-- new host, 20 of the 24 hours around are asked.  Who was away for a week is not
-- expected any more.  All of it depends on imports of the watermark alone, which
-- has 28 days before and 5 days after.
CREATE VIEW silent_host AS
SELECT h.hour, o.host
  FROM (SELECT DISTINCT hour FROM coverage WHERE kind = 'mail' AND lines > 0) h
 CROSS JOIN (SELECT DISTINCT origin AS host FROM coverage WHERE kind = 'mail' AND lines > 0) o
 WHERE NOT EXISTS (SELECT 1 FROM coverage c
                    WHERE c.kind = 'mail' AND c.origin = o.host AND c.hour = h.hour AND c.lines > 0)
   AND (SELECT CASE WHEN count(DISTINCT (h.hour - c.hour + 43200000000) / 86400000000) >= 2
                    THEN 2 * sum((h.hour - c.hour + 3600000000) % 86400000000 <= 7200000000)
                         > 3 * count(DISTINCT (h.hour - c.hour + 43200000000) / 86400000000)
                    ELSE (SELECT count(*) FROM coverage n
                           WHERE n.kind = 'mail' AND n.origin = o.host AND n.lines >= 10
                             AND n.hour BETWEEN h.hour - 43200000000 AND h.hour + 43200000000) >= 20
                    END
          FROM coverage c
         WHERE c.kind = 'mail' AND c.origin = o.host AND c.lines >= 10
           AND c.hour >= h.hour - 608400000000 AND c.hour <= h.hour - 43200000000)
   AND ((SELECT count(*) FROM coverage w
          WHERE w.kind = 'mail' AND w.origin = o.host AND w.lines >= 10
            AND w.hour BETWEEN h.hour - 608400000000 AND h.hour - 601200000000) >= 2
        OR NOT EXISTS (SELECT 1 FROM coverage w
                        WHERE w.kind = 'mail' AND w.origin = o.host AND w.lines > 0
                          AND w.hour >= h.hour - 1209600000000
                          AND w.hour < h.hour - 608400000000));
