-- Step 11: whose spam and viruses it is, by the day and by the 28 days before.
-- Who passes mail on (a forwarder, a second MX) writes to the same mailboxes
-- under ever new senders; who makes it, to ever new people.  A small forwarder
-- does not show that in one day.
-- param: recent_days, recent_messages (who has so many in the day shows it in
-- the day), recent_most (rows of an address that are looked at).
DROP TABLE IF EXISTS temp.recent_who;
CREATE TEMP TABLE recent_who (cust INTEGER PRIMARY KEY, customer TEXT);
INSERT OR IGNORE INTO temp.recent_who
SELECT text_no(customer), customer FROM temp.asked
 WHERE metric IN ('recent_messages', 'recent_good', 'recent_passed_on_share', 'spam_strangers',
                  'virus_strangers', 'spam_sender_domains', 'virus_sender_domains');

-- Where his earlier mail came from: the same address, and the same name logged
-- in or a lease of his at that time, as today.
DROP TABLE IF EXISTS temp.recent_place;
CREATE TEMP TABLE recent_place AS
SELECT DISTINCT w.cust, w.customer, d.addr, t.rank, iif(t.rank = 1, d.auth_user, NULL) AS auth_user
  FROM temp.recent_who w
  JOIN temp.figures f ON f.cust = w.cust
   AND f.messages < (SELECT value FROM temp.param WHERE name = 'recent_messages')
  JOIN temp.day_message d ON d.cust = w.cust AND d.addr IS NOT NULL
  JOIN temp.attributed t ON t.what = 'm' AND t.ref = d.message;
DROP TABLE IF EXISTS temp.recent_hold;
CREATE TEMP TABLE recent_hold (
  customer TEXT, addr INTEGER, start INTEGER, until INTEGER,
  port_first INTEGER, port_last INTEGER);
INSERT INTO temp.recent_hold
SELECT p.customer, p.addr, h.start, h.until, h.port_first, h.port_last
  FROM (SELECT DISTINCT customer, addr FROM temp.recent_place WHERE rank = 2) p
  JOIN temp.holder h ON h.addr = p.addr AND h.customer = p.customer
UNION
SELECT p.customer, p.addr, coalesce(l.start, -4611686018427387904),
       coalesce(l.until, 4611686018427387904), l.port_first, l.port_last
  FROM (SELECT DISTINCT customer, addr FROM temp.recent_place WHERE rank = 2) p
  JOIN main.addr a ON a.id = p.addr
  JOIN main.lease_held l ON l.first = a.bytes AND l.last = a.bytes
   AND l.customer = p.customer;
CREATE INDEX temp.recent_hold_customer ON recent_hold (customer, addr);

DROP TABLE IF EXISTS temp.recent_hour;
CREATE TEMP TABLE recent_hour (hour INTEGER PRIMARY KEY);
INSERT INTO temp.recent_hour
SELECT h.hour
  FROM temp.run JOIN main.mail_hour h
    ON h.hour <= run.day_start / 3600000000
   AND h.hour >= run.day_start / 3600000000
       - 24 * (SELECT value FROM temp.param WHERE name = 'recent_days')
 WHERE EXISTS (SELECT 1 FROM temp.recent_place);

DROP TABLE IF EXISTS temp.recent_mail;
CREATE TEMP TABLE recent_mail (
  cust INTEGER, message INTEGER, sender INTEGER, good INTEGER, today INTEGER,
  told INTEGER,                      -- 1: the log names a recipient
  PRIMARY KEY (cust, message)) WITHOUT ROWID;
INSERT INTO temp.recent_mail
SELECT w.cust, d.message, d.sender, NOT (d.spam OR d.virus), 1, d.told
  FROM temp.recent_who w
  JOIN temp.day_message d ON d.cust = w.cust
 WHERE d.accepted > 0 OR d.spam OR d.virus OR d.banned OR d.clean;
INSERT OR IGNORE INTO temp.recent_mail
SELECT p.cust, m.id, m.sender, coalesce(m.verdict < 5, 1), 0,
       EXISTS (SELECT 1 FROM main.mail_recipient r WHERE r.message = m.id AND r.recipient IS NOT NULL)
  FROM temp.run JOIN temp.recent_place p
  JOIN main.mail_message m
    ON m.id IN (SELECT e.id
                  FROM temp.recent_hour h CROSS JOIN main.mail_message e
                 WHERE e.hour = h.hour AND e.client = p.addr AND e.received < run.day_start
                 ORDER BY h.hour DESC, e.received DESC, e.message_key DESC
                 LIMIT (SELECT value FROM temp.param WHERE name = 'recent_most'))
 WHERE m.parent_queue_id IS NULL
   AND CASE p.rank
         WHEN 1 THEN m.auth_user = p.auth_user
         WHEN 2 THEN EXISTS (SELECT 1 FROM temp.recent_hold h
                              WHERE h.customer = p.customer AND h.addr = p.addr
                                AND m.received >= h.start AND m.received < h.until
                                AND (h.port_first IS NULL
                                     OR m.client_port BETWEEN h.port_first AND h.port_last))
         ELSE m.auth_user IS NULL END
   AND (m.verdict IN (1, 4, 5, 6)
        OR EXISTS (SELECT 1 FROM main.mail_recipient r
                    WHERE r.message = m.id
                      AND (r.disposition IN (1, 2, 3, 4, 7, 8) OR r.stage = 7)));

-- Senders, and the domains that are his own: a fifth and three of his good
-- messages, from few people to many.  Of a forwarder's mail the most may be
-- from one large provider, too, but from many people to few; and a campaign that
-- filters saw only in part is from one to many, so that a sender of whose messages
-- a fifth was spam or a virus counts for no domain.
DROP TABLE IF EXISTS temp.recent_sender;
CREATE TEMP TABLE recent_sender (
  sender INTEGER PRIMARY KEY, address INTEGER, domain TEXT); -- address NULL: none
INSERT INTO temp.recent_sender
SELECT n.id, text_no(nullif(lower(n.text), '')), coalesce(mail_domain(n.text), '')
  FROM main.name n
 WHERE n.id IN (SELECT sender FROM temp.recent_mail);
DROP TABLE IF EXISTS temp.recent_bad;
CREATE TEMP TABLE recent_bad (
  cust INTEGER, sender INTEGER, PRIMARY KEY (cust, sender)) WITHOUT ROWID;
INSERT INTO temp.recent_bad
SELECT cust, sender FROM temp.recent_mail WHERE sender IS NOT NULL
 GROUP BY cust, sender HAVING 5 * sum(NOT good) >= count(*);
DROP TABLE IF EXISTS temp.recent_home;
CREATE TEMP TABLE recent_home (
  cust INTEGER, domain TEXT, PRIMARY KEY (cust, domain)) WITHOUT ROWID;
INSERT INTO temp.recent_home
SELECT k.cust, k.domain
  FROM (SELECT m.cust, s.domain, count(*) AS n -- most have no such domain
          FROM temp.recent_mail m
          JOIN temp.recent_sender s ON s.sender = m.sender AND s.domain <> ''
         WHERE m.good
           AND NOT EXISTS (SELECT 1 FROM temp.recent_bad b
                            WHERE b.cust = m.cust AND b.sender = m.sender)
         GROUP BY m.cust, s.domain) k
  JOIN (SELECT cust, count(*) AS every FROM temp.recent_mail
         WHERE good GROUP BY cust) g ON g.cust = k.cust
 WHERE k.n >= 3 AND 5 * k.n >= g.every
   AND (SELECT 2 * count(DISTINCT s.address) <= count(DISTINCT r.recipient)
          FROM temp.recent_mail m
          JOIN temp.recent_sender s ON s.sender = m.sender AND s.domain = k.domain
          LEFT JOIN main.mail_recipient r ON r.message = m.message
         WHERE m.cust = k.cust AND m.good
           AND NOT EXISTS (SELECT 1 FROM temp.recent_bad b
                            WHERE b.cust = m.cust AND b.sender = m.sender));

-- As in step 6, sender by sender, with the good mail of the days before: spam
-- of these days is no sign of forwarding, for a bot may come back to a list.
DROP TABLE IF EXISTS temp.recent_written;
CREATE TEMP TABLE recent_written (
  cust INTEGER, recipient TEXT, messages INTEGER,
  others INTEGER,                    -- as in written_to, sender by sender
  PRIMARY KEY (cust, recipient)) WITHOUT ROWID;
INSERT INTO temp.recent_written
SELECT m.cust, r.recipient, count(*),
       CASE WHEN min(m.other) IS NULL THEN 0 WHEN min(m.other) = max(m.other) THEN 1 ELSE 2 END
  FROM (SELECT e.cust, e.message, iif(h.domain IS NULL, s.address, NULL) AS other
          FROM temp.recent_mail e
          LEFT JOIN temp.recent_sender s ON s.sender = e.sender
          LEFT JOIN temp.recent_home h ON h.cust = e.cust AND h.domain = s.domain
         WHERE e.good OR e.today
         ORDER BY e.message -- as recipients are stored
         LIMIT -1) m
 CROSS JOIN main.mail_recipient r ON r.message = m.message AND r.recipient IS NOT NULL
 GROUP BY m.cust, r.recipient;
DROP TABLE IF EXISTS temp.recent_figures;
CREATE TEMP TABLE recent_figures (
  cust INTEGER PRIMARY KEY, messages INTEGER, good INTEGER, passed_on_share REAL);
INSERT INTO temp.recent_figures
SELECT w.cust, coalesce(n.messages, 0), coalesce(n.good, 0),
       coalesce((SELECT 1.0 * sum(iif(others > 1, messages, 0)) / sum(messages)
                   FROM temp.recent_written t WHERE t.cust = w.cust), 0)
  FROM temp.recent_who w
  LEFT JOIN (SELECT cust, count(*) AS messages, sum(good) AS good
               FROM temp.recent_mail WHERE told GROUP BY cust) n ON n.cust = w.cust;

-- Where a refusal does not name the recipients (Exim after DATA), those of one
-- sender count as one: it may be a campaign that is passed on.
DROP TABLE IF EXISTS temp.stranger;
CREATE TEMP TABLE stranger (
  cust INTEGER PRIMARY KEY, spam INTEGER, virus INTEGER,
  spam_domains INTEGER, virus_domains INTEGER);
INSERT INTO temp.stranger
SELECT a.cust, count(DISTINCT iif(a.spam, a.who, NULL)), count(DISTINCT iif(a.virus, a.who, NULL)),
       count(DISTINCT iif(a.spam, a.domain, NULL)), count(DISTINCT iif(a.virus, a.domain, NULL))
  FROM (SELECT f.cust, d.spam, d.virus, s.domain_no AS domain, coalesce(r.recipient, d.sender) AS who,
               CASE WHEN r.recipient IS NULL THEN f.passed_on_share <= 0.15
                    ELSE coalesce(t.others <= 1, 1) END AS fresh
          FROM temp.day_message d NOT INDEXED
         CROSS JOIN temp.recent_figures f ON f.cust = d.cust
         CROSS JOIN temp.day_sender s ON s.sender = d.sender
           AND s.domain <> '' AND s.canonical NOT LIKE 'srs@%'
          LEFT JOIN main.mail_recipient r ON r.message = d.message
          LEFT JOIN temp.recent_written t ON t.cust = f.cust AND t.recipient = r.recipient
         WHERE d.spam OR d.virus) a
 WHERE a.fresh
 GROUP BY a.cust;

INSERT INTO temp.metric
SELECT w.customer, j.key, j.value
  FROM temp.recent_figures f
  JOIN temp.recent_who w ON w.cust = f.cust
  LEFT JOIN temp.stranger s ON s.cust = f.cust,
       json_each(json_object(
         'recent_messages', f.messages, 'recent_good', f.good, 'recent_passed_on_share', f.passed_on_share,
         'spam_strangers', coalesce(s.spam, 0), 'virus_strangers', coalesce(s.virus, 0),
         'spam_sender_domains', coalesce(s.spam_domains, 0),
         'virus_sender_domains', coalesce(s.virus_domains, 0))) j
 WHERE EXISTS (SELECT 1 FROM temp.asked a WHERE a.metric = j.key AND a.customer = w.customer);
