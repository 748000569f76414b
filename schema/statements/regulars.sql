-- Statements of src/correlate/regulars.c: sender domains, customer by customer, from
-- the oldest day to today.  0: no domain.

-- name: regulars_read
SELECT r.cust AS cust, r.ago AS ago, coalesce(sender_domain(r.sender), 0), r.good, r.bad
  FROM temp.recent_sender r
UNION ALL
SELECT d.cust, 0, coalesce(d.domain, 0), sum(NOT (d.spam OR d.virus)), sum(d.spam OR d.virus)
  FROM temp.recent_asked w
 CROSS JOIN temp.day_message d ON d.cust = w.cust
 WHERE w.senders
 GROUP BY d.cust, d.domain
 ORDER BY cust, ago DESC;

-- name: regulars_put
INSERT INTO temp.metric VALUES (text_of(?1), 'recent_sender_share', ?2);
