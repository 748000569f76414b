-- Statements of src/correlate/day_message.c.

-- Each message with its recipients, or one row for a message without any (n is NULL);
-- in the order of the table, and not sorted.
-- name: day_message_read
SELECT t.what, t.ref, t.cust, t.time, t.message_key, t.addr, t.rank, t.sender, t.helo,
       t.auth_user, t.verdict, d.cust, r.n, r.recipient, r.outcome, r.time
  FROM temp.attributed t
  LEFT JOIN temp.detail d ON d.cust = t.cust
  LEFT JOIN main.mail_recipient r ON r.message = t.ref
 WHERE t.what IN ('a', 'm') AND t.doubt IS NULL
 ORDER BY t.what, t.ref;

-- name: day_message_put
INSERT OR FAIL INTO temp.day_message
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19,
       c20, c21, c22, c23, c24, c25, c26, c27, c28, c29
  FROM given;
