-- Statements of src/correlate/hour_sum.c.  Customer and address, then what the least
-- is kept of, the most, and from transactions on the sum.

-- name: hour_sum_read
SELECT who >> 3, client, who & 7, first, auth_user <> 0, last,
       transactions, messages, recipients, senders, helos, null_senders, spam, virus, adverse,
       banned, listed, clean, tried, failed, tempfailed, unknown
  FROM temp.day_hour
 WHERE apart = 0;

-- name: hour_sum_put
INSERT OR FAIL INTO temp.hour_sum (
       cust, addr, rank, first, logged_in, last,
       transactions, messages, recipients, senders, helos, null_senders, spam, virus, adverse,
       banned, listed, clean, tried, failed, tempfailed, unknown)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19,
       c20, c21, c22
  FROM given;
