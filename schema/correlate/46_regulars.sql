-- Step 13: sender domains that come back.  A server that many share has as many of
-- them as a bot, but the same ones week by week; the day does not show it, and of a
-- busy one neither do its last messages: so each of the days before is looked at.
-- param: recent_days, recent_most (messages of an address that are looked at, here
-- of each day).
DROP TABLE IF EXISTS temp.recent_day;
CREATE TEMP TABLE recent_day (
  ago INTEGER PRIMARY KEY, first INTEGER, until INTEGER); -- hours; 1: yesterday
INSERT INTO temp.recent_day
SELECT d.ago, run.day_start / 3600000000 - 24 * d.ago,
       run.day_start / 3600000000 - 24 * (d.ago - 1) + (d.ago = 1)
  FROM temp.run
  JOIN (WITH RECURSIVE d (ago) AS (
          SELECT 1 UNION ALL
          SELECT ago + 1 FROM d
           WHERE ago < (SELECT value FROM temp.param WHERE name = 'recent_days'))
        SELECT ago FROM d) d
 WHERE EXISTS (SELECT 1 FROM temp.recent_asked WHERE senders)
   AND EXISTS (SELECT 1 FROM temp.recent_hour h
                WHERE h.hour BETWEEN run.day_start / 3600000000 - 24 * d.ago
                                 AND run.day_start / 3600000000 - 24 * d.ago + 24);

DROP TABLE IF EXISTS temp.recent_sender;
CREATE TEMP TABLE recent_sender (
  cust INTEGER, ago INTEGER, sender INTEGER,
  good INTEGER,                      -- messages that were delivered, and
  bad INTEGER,                       -- that were spam or a virus
  PRIMARY KEY (cust, ago, sender)) WITHOUT ROWID;
INSERT INTO temp.recent_sender
SELECT cust, ago, sender, sum(NOT bad), sum(bad)
  FROM (SELECT p.cust, d.ago, m.sender, coalesce(m.verdict >= 5, 0) AS bad
          FROM temp.run
         CROSS JOIN (SELECT DISTINCT cust, customer, addr FROM temp.recent_place WHERE senders) p
         CROSS JOIN temp.recent_day d
         CROSS JOIN main.mail_message m
            ON m.id IN (SELECT e.id
                          FROM temp.recent_hour h CROSS JOIN main.mail_message e
                         WHERE h.hour >= d.first AND h.hour < d.until
                           AND e.hour = h.hour AND e.client = p.addr AND e.received < run.day_start
                         ORDER BY h.hour DESC, e.received DESC, e.message_key DESC
                         LIMIT (SELECT value FROM temp.param WHERE name = 'recent_most'))
         WHERE m.parent_queue_id IS NULL AND m.sender IS NOT NULL
           AND EXISTS (SELECT 1 FROM temp.recent_place q
                        WHERE q.cust = p.cust AND q.addr = p.addr
                          AND CASE q.rank
                                WHEN 1 THEN m.auth_user = q.auth_user
                                WHEN 2 THEN EXISTS (
                                  SELECT 1 FROM temp.recent_hold h
                                   WHERE h.customer = p.customer AND h.addr = p.addr
                                     AND m.received >= h.start AND m.received < h.until
                                     AND (h.port_first IS NULL
                                          OR m.client_port BETWEEN h.port_first AND h.port_last))
                                ELSE m.auth_user IS NULL END)
           AND (m.verdict >= 5
                OR EXISTS (SELECT 1 FROM main.mail_recipient r
                            WHERE r.message = m.id AND r.outcome & 2))
           -- by a clock that is wrong it is of the day
           AND NOT EXISTS (SELECT 1 FROM temp.attributed t
                            WHERE t.what IN ('a', 'm') AND t.ref = m.id AND t.cust = p.cust
                              AND t.doubt IS NULL))
 GROUP BY cust, ago, sender;

-- (src/correlate/regulars.h)
SELECT regulars_count();

-- Of senders nothing more is asked.
SELECT sender_names_forget();
