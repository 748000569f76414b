-- Statements of src/correlate/spread.c.  Messages with their recipients, or one
-- row for a message without any, customer by customer.

-- name: spread_read_day
SELECT cust, message, sender, coalesce(domain, 0), address, own, spam, virus,
       NOT (spam OR virus), 1, received / 3600000000, recipient, outcome
  FROM temp.copy
 ORDER BY cust, message;

-- name: spread_put_day
INSERT INTO temp.spread VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: spread_read_recent
-- Both are in that order, and are not sorted.
SELECT c.cust AS cust, c.message AS message, c.sender, coalesce(c.domain, 0), c.address, c.own,
       c.spam, c.virus, NOT (c.spam OR c.virus), 1, 0, c.recipient, c.outcome
  FROM temp.copy c
 WHERE c.whole AND c.cust IN (SELECT cust FROM temp.recent_who)
UNION ALL
SELECT m.cust, m.message, m.sender, coalesce(m.domain, 0), m.address, 0,
       0, 0, m.good, 0, 0, r.recipient, r.outcome
  FROM temp.recent_mail m
  LEFT JOIN main.mail_recipient r ON r.message = m.message
 ORDER BY cust, message;

-- name: spread_put_recent
INSERT INTO temp.recent_figures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
