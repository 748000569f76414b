-- Step 12: more figures of those of whom they are asked; shares of nothing
-- are 0.
INSERT INTO temp.metric
SELECT a.customer, a.metric, coalesce(1.0 * f.tempfailed_recipients / nullif(f.recipients, 0), 0)
  FROM temp.asked a JOIN temp.figures f ON f.cust = text_no(a.customer)
 WHERE a.metric = 'tempfailed_share';

-- 3 = bounced, 5 = rejected.
INSERT INTO temp.metric
SELECT a.customer, a.metric,
       iif(a.metric = 'refused_recipients', q.n, coalesce(1.0 * q.n / nullif(f.recipients, 0), 0))
  FROM temp.asked a
  JOIN temp.figures f ON f.cust = text_no(a.customer)
  JOIN (SELECT w.customer, coalesce(sum(r.disposition IN (3, 5)), 0) AS n
          FROM temp.asked w
          JOIN temp.day_message d ON d.cust = text_no(w.customer)
          LEFT JOIN main.mail_recipient r ON r.message = d.message
         WHERE w.metric IN ('refused_recipients', 'refused_share')
         GROUP BY w.customer, w.metric) q ON q.customer = a.customer
 WHERE a.metric IN ('refused_recipients', 'refused_share')
 GROUP BY a.customer, a.metric;

INSERT INTO temp.metric
SELECT a.customer, a.metric,
       coalesce((SELECT 1.0 * sum(t.disposition = 1) / count(*)
                   FROM (SELECT t.disposition
                           FROM temp.day_message d
                           JOIN main.mail_attempt t ON t.message = d.message AND t.attempt = 1
                          WHERE d.cust = text_no(a.customer)
                         UNION ALL
                         SELECT r.disposition
                           FROM temp.day_message d
                           JOIN main.mail_recipient r ON r.message = d.message AND r.sole = 1
                          WHERE d.cust = text_no(a.customer)) t), 0)
  FROM temp.asked a WHERE a.metric = 'first_attempt_share';

INSERT INTO temp.metric
SELECT a.customer, a.metric,
       coalesce((SELECT 1.0 * max(n) / sum(n)
                   FROM (SELECT count(*) AS n
                           FROM temp.day_message d JOIN main.mail_message m ON m.id = d.message
                          WHERE d.cust = text_no(a.customer) AND m.size IS NOT NULL
                          GROUP BY m.size / 256)), 0)
  FROM temp.asked a WHERE a.metric = 'size_mode_share';

-- A mail server has one name, in full (RFC 5321 4.1.1.1).
INSERT INTO temp.metric
SELECT a.customer, a.metric,
       coalesce((SELECT 1.0 * (sum(n) - max(iif(whole, n, 0))) / sum(n)
                   FROM (SELECT count(*) AS n,
                                h.text LIKE '%.%' AND h.text NOT LIKE '[%' AND h.text GLOB '*[a-zA-Z]*' AS whole
                           FROM temp.day_message d JOIN main.name h ON h.id = d.helo
                          WHERE d.cust = text_no(a.customer)
                          GROUP BY lower(h.text))), 0)
  FROM temp.asked a WHERE a.metric = 'helo_other_share';

INSERT INTO temp.metric
SELECT a.customer, a.metric,
       CASE a.metric
         WHEN 'auth_users' THEN
           (SELECT count(DISTINCT d.auth_user) FROM temp.day_message d WHERE d.cust = text_no(a.customer))
         WHEN 'auth_user_addresses' THEN
           coalesce((SELECT count(DISTINCT d.addr) AS n FROM temp.day_message d
                      WHERE d.cust = text_no(a.customer) AND d.auth_user IS NOT NULL
                      GROUP BY d.auth_user ORDER BY n DESC LIMIT 1), 0)
         ELSE
           coalesce((SELECT count(DISTINCT d.auth_user) AS n FROM temp.day_message d
                      WHERE d.cust = text_no(a.customer) AND d.addr IS NOT NULL
                      GROUP BY d.addr ORDER BY n DESC LIMIT 1), 0) END
  FROM temp.asked a
 WHERE a.metric IN ('auth_users', 'auth_user_addresses', 'address_auth_users');

INSERT INTO temp.metric
SELECT a.customer, a.metric,
       (SELECT count(DISTINCT d.received / 3600000000)
          FROM temp.day_message d WHERE d.cust = text_no(a.customer))
  FROM temp.asked a WHERE a.metric = 'hours_active';

INSERT INTO temp.metric
SELECT a.customer, a.metric, w.adverse_hours
  FROM temp.asked a JOIN temp.spread w ON w.cust = text_no(a.customer)
 WHERE a.metric = 'adverse_hours';

-- 1 = in.
INSERT INTO temp.metric
SELECT a.customer, a.metric,
       iif(w.scope = 'remote', 0,
           (SELECT count(*) FROM temp.day_message d JOIN main.mail_message m ON m.id = d.message
             WHERE d.cust = text_no(a.customer) AND m.direction = 1))
  FROM temp.asked a JOIN temp.who w ON w.cust = text_no(a.customer)
 WHERE a.metric = 'own_on_mx';
