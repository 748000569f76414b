-- Statements of src/correlate/spread.c.  Messages with their recipients, or one
-- row for a message without any, customer by customer.

-- name: spread_read_day
SELECT d.cust, d.message, d.sender, coalesce(d.domain, 0), 0, d.own, d.spam, d.virus,
       NOT (d.spam OR d.virus), 1, d.received / 3600000000, r.recipient, r.outcome
  FROM temp.detail k
 CROSS JOIN temp.day_message d INDEXED BY day_message_customer ON d.cust = k.cust
  LEFT JOIN main.mail_recipient r ON r.message = d.message;

-- name: spread_put_day
INSERT INTO temp.spread VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: spread_read_recent
SELECT m.cust, m.message, m.sender, coalesce(m.domain, 0), m.address, m.own,
       m.spam, m.virus, m.good, m.today, 0, r.recipient, r.outcome
  FROM temp.recent_mail m
  LEFT JOIN main.mail_recipient r ON r.message = m.message
 ORDER BY m.cust, m.message;

-- name: spread_put_recent
INSERT INTO temp.recent_figures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
