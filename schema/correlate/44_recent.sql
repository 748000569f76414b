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
                  'virus_strangers', 'spam_reach', 'virus_reach', 'spam_sender_domains',
                  'virus_sender_domains');

-- Of whom earlier mail is looked at, and for what.
DROP TABLE IF EXISTS temp.recent_asked;
CREATE TEMP TABLE recent_asked (
  cust INTEGER PRIMARY KEY, customer TEXT,
  mail INTEGER,                      -- 1: the messages
  senders INTEGER);                  -- 1: the senders of each day (step 13)
INSERT INTO temp.recent_asked
SELECT f.cust, f.customer,
       f.messages < (SELECT value FROM temp.param WHERE name = 'recent_messages')
         AND f.cust IN (SELECT cust FROM temp.recent_who),
       max(a.metric = 'recent_sender_share')
  FROM temp.asked a JOIN temp.figures f ON f.cust = text_no(a.customer)
 WHERE f.cust IN (SELECT cust FROM temp.recent_who) OR a.metric = 'recent_sender_share'
 GROUP BY f.cust;

-- Where his earlier mail came from: the same address, and the same name logged
-- in or a lease of his at that time, as today.
DROP TABLE IF EXISTS temp.recent_place;
CREATE TEMP TABLE recent_place AS
SELECT DISTINCT w.cust, w.customer, w.mail, w.senders, d.addr, d.rank,
       iif(d.rank = 1, d.auth_user, NULL) AS auth_user
  FROM temp.recent_asked w
  JOIN temp.day_message d ON d.cust = w.cust AND d.addr IS NOT NULL AND NOT d.summed
 WHERE w.mail OR w.senders;
CREATE INDEX temp.recent_place_customer ON recent_place (cust, addr);
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

-- On how many of the days before there is mail at all: of so many days is known
-- what a customer sent.
DROP TABLE IF EXISTS temp.recent_span;
CREATE TEMP TABLE recent_span (days INTEGER);
INSERT INTO temp.recent_span
SELECT count(DISTINCT (run.day_start / 3600000000 - h.hour + 23) / 24)
  FROM temp.run JOIN temp.recent_hour h ON h.hour < run.day_start / 3600000000;

-- The earlier ones, beside the day's: spam of these is no sign of forwarding, for
-- a bot may come back to a list.
DROP TABLE IF EXISTS temp.recent_mail;
CREATE TEMP TABLE recent_mail (
  cust INTEGER, message INTEGER, sender INTEGER,
  domain INTEGER, address INTEGER,   -- of the sender, as in day_message
  good INTEGER,
  PRIMARY KEY (cust, message)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.recent_mail
SELECT p.cust, m.id, m.sender, sender_domain(m.sender), sender_address(m.sender), coalesce(m.verdict < 5, 1)
  FROM temp.run JOIN temp.recent_place p
  JOIN main.mail_message m
    ON m.id IN (SELECT e.id
                  FROM temp.recent_hour h CROSS JOIN main.mail_message e
                 WHERE e.hour = h.hour AND e.client = p.addr AND e.received < run.day_start
                 ORDER BY h.hour DESC, e.received DESC, e.message_key DESC
                 LIMIT (SELECT value FROM temp.param WHERE name = 'recent_most'))
 WHERE p.mail AND m.parent_queue_id IS NULL
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
                      AND (r.disposition IN (1, 2, 3, 4, 7, 8) OR r.stage = 7)))
   -- by a clock that is wrong it is of the day
   AND NOT EXISTS (SELECT 1 FROM temp.attributed t
                    WHERE t.what IN ('a', 'm') AND t.ref = m.id AND t.cust = p.cust
                      AND t.doubt IS NULL);

-- (src/correlate/spread.h)
DROP TABLE IF EXISTS temp.recent_figures;
CREATE TEMP TABLE recent_figures (
  cust INTEGER PRIMARY KEY,
  messages INTEGER, good INTEGER,    -- of which the log names a recipient
  passed_on_share REAL,
  spam INTEGER, virus INTEGER,       -- strangers that got them
  spam_reach INTEGER, virus_reach INTEGER, -- and senders whose refusals name nobody
  spam_domains INTEGER, virus_domains INTEGER); -- and who from
SELECT spread_recent();
INSERT OR IGNORE INTO temp.recent_figures
SELECT cust, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM temp.recent_who;

INSERT INTO temp.metric
SELECT w.customer, j.key, j.value
  FROM temp.recent_figures f
  JOIN temp.recent_who w ON w.cust = f.cust,
       json_each(json_object(
         'recent_messages', f.messages, 'recent_good', f.good, 'recent_passed_on_share', f.passed_on_share,
         'spam_strangers', f.spam, 'virus_strangers', f.virus,
         'spam_reach', f.spam_reach, 'virus_reach', f.virus_reach,
         'spam_sender_domains', f.spam_domains, 'virus_sender_domains', f.virus_domains)) j
 WHERE EXISTS (SELECT 1 FROM temp.asked a WHERE a.metric = j.key AND a.customer = w.customer);
