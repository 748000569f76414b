-- Statements of src/correlate/spread.c.  Messages, customer by customer; those of
-- earlier days with their recipients, or one row for a message without any.

-- name: spread_read_day
SELECT d.cust, d.message, d.sender, coalesce(d.domain, 0), d.address, d.own, d.spam, d.virus,
       NOT (d.spam OR d.virus), 1, d.received / 3600000000, NULL, NULL
  FROM temp.detail k
 CROSS JOIN temp.day_message d ON d.cust = k.cust;

-- name: spread_put_day
INSERT INTO temp.spread VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- Both parts are in the order of customers, and are not sorted.
-- name: spread_read_recent
SELECT w.cust AS cust, d.message, d.sender, coalesce(d.domain, 0), d.address, d.own,
       d.spam, d.virus, NOT (d.spam OR d.virus), 1, 0, NULL, NULL
  FROM temp.recent_who w
 CROSS JOIN temp.day_message d ON d.cust = w.cust
 WHERE d.accepted > 0 OR d.spam OR d.virus OR d.banned OR d.clean
UNION ALL
SELECT m.cust, m.message, m.sender, coalesce(m.domain, 0), m.address, 0,
       0, 0, m.good, 0, 0, r.recipient, r.outcome
  FROM temp.recent_mail m
  LEFT JOIN main.mail_recipient r ON r.message = m.message
 ORDER BY cust;

-- name: spread_put_recent
INSERT INTO temp.recent_figures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
