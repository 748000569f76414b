-- Step 6: whose messages are looked at one by one.  Sums of hours tell how much
-- mail there was and what became of it.  How many different senders, HELO names,
-- recipients and domains there were is asked only where the answer matters: a
-- rule could fire, or something adverse was sent, and not by a server elsewhere,
-- whose mail is that of many: of his, only what was adverse is looked at.  Rules
-- that speak for a customer matter where something speaks against him; param
-- every_role: they are asked for themselves.
DROP TABLE IF EXISTS temp.hour_sum;
CREATE TEMP TABLE hour_sum (
  cust INTEGER, addr INTEGER, rank INTEGER, logged_in INTEGER,
  first INTEGER, last INTEGER,
  transactions INTEGER, messages INTEGER, recipients INTEGER, senders INTEGER,
  helos INTEGER, null_senders INTEGER, spam INTEGER, virus INTEGER,
  adverse INTEGER,
  banned INTEGER, listed INTEGER, clean INTEGER,
  tried INTEGER, failed INTEGER, tempfailed INTEGER, unknown INTEGER,
  PRIMARY KEY (cust, addr)
) WITHOUT ROWID;
SELECT hour_sums(); -- (src/correlate/hour_sum.h)

-- What each customer's figures are at most: his own hours, and all of those that
-- he shared with others.
DROP TABLE IF EXISTS temp.at_most;
CREATE TEMP TABLE at_most (
  cust INTEGER PRIMARY KEY, rank INTEGER,
  mixed INTEGER,                     -- 1: shares tell nothing
  transactions INTEGER, messages INTEGER, recipients INTEGER, senders INTEGER,
  helos INTEGER, null_senders INTEGER, spam INTEGER, virus INTEGER, adverse INTEGER,
  banned INTEGER, listed INTEGER, tried INTEGER, failed INTEGER,
  tempfailed INTEGER, unknown INTEGER);
-- His own hours are in the order of customers, and not sorted.
INSERT INTO temp.at_most
SELECT cust, min(rank), 0, sum(transactions), sum(messages), sum(recipients), sum(senders),
       sum(helos), sum(null_senders), sum(spam), sum(virus), sum(adverse), sum(banned),
       sum(listed), sum(tried), sum(failed), sum(tempfailed), sum(unknown)
  FROM temp.hour_sum
 GROUP BY cust;
INSERT INTO temp.at_most
SELECT t.cust, min(t.rank), 1, sum(t.n), sum(min(h.messages, t.n)), sum(h.recipients),
       sum(min(h.senders, t.n)), sum(min(h.helos, t.n)), sum(min(h.null_senders, t.n)),
       sum(min(h.spam, t.n)), sum(min(h.virus, t.n)), sum(min(h.adverse, t.n)),
       sum(min(h.banned, t.n)), sum(min(h.listed, t.n)), sum(h.tried), sum(h.failed),
       sum(h.tempfailed), sum(h.unknown)
  FROM temp.part_hour t
 CROSS JOIN temp.day_hour h ON h.hour = t.hour AND h.client = t.client
   AND h.auth_user = t.auth_user AND h.host = t.host
 GROUP BY t.cust
    ON CONFLICT (cust) DO UPDATE
   SET rank = min(rank, excluded.rank), mixed = 1,
       transactions = transactions + excluded.transactions,
       messages = messages + excluded.messages, recipients = recipients + excluded.recipients,
       senders = senders + excluded.senders, helos = helos + excluded.helos,
       null_senders = null_senders + excluded.null_senders, spam = spam + excluded.spam,
       virus = virus + excluded.virus, adverse = adverse + excluded.adverse,
       banned = banned + excluded.banned, listed = listed + excluded.listed,
       tried = tried + excluded.tried, failed = failed + excluded.failed,
       tempfailed = tempfailed + excluded.tempfailed, unknown = unknown + excluded.unknown;

-- What a metric is at most, by a figure of at_most: 1 transactions 2 messages 3
-- recipients 4 senders 5 helos 6 null_senders 7 spam 8 virus 9 adverse 10 banned
-- 11 listed 12 tried 13 failed 14 tempfailed 15 unknown 16 recipients where there
-- is spam 17 recipients where there are viruses; shares: 104 to 108 the figure
-- less 100 of all messages, 113 failed of tried, 114 tempfailed and 115 unknown of recipients.  A
-- metric that is not here may be anything, and costs: whoever a rule with it
-- could mean is looked at message by message.
DROP TABLE IF EXISTS temp.metric_limit;
CREATE TEMP TABLE metric_limit (metric TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID;
INSERT INTO temp.metric_limit VALUES
  ('transactions', 1), ('messages', 2), ('recipients', 3), ('distinct_recipients', 3),
  ('recipient_domains', 3), ('senders', 4), ('canonical_senders', 4), ('sender_domains', 4),
  ('helos', 5), ('helo_share', 105), ('null_senders', 6), ('null_sender_share', 106),
  ('spam_messages', 7), ('spam_share', 107), ('own_spam_messages', 7), ('own_spam_share', 107),
  ('virus_messages', 8), ('own_virus_messages', 8), ('own_virus_share', 108), ('adverse_delivered', 9),
  ('banned_messages', 10), ('listed_messages', 11), ('tried_recipients', 12),
  ('failed_recipients', 13), ('failure_share', 113), ('tempfailed_recipients', 14),
  ('unknown_recipients', 15), ('distinct_unknown', 15), ('unknown_share', 115),
  ('auth_addresses', 1), ('sender_domain_share', 104), ('spam_spread', 16), ('virus_spread', 17),
  ('spam_sprt', 7), ('spam_strangers', 16), ('virus_strangers', 17),
  ('spam_reach', 16), ('virus_reach', 17),
  ('spam_sender_domains', 16), ('virus_sender_domains', 17),
  ('tempfailed_share', 114), ('refused_recipients', 3), ('auth_users', 1),
  ('auth_user_addresses', 1), ('address_auth_users', 1), ('hours_active', 1),
  ('own_on_mx', 1), ('recent_sender_share', 4);
DROP TABLE IF EXISTS temp.asks_for;
CREATE TEMP TABLE asks_for (
  rule TEXT, place INTEGER, least REAL, PRIMARY KEY (rule, place, least)) WITHOUT ROWID;
INSERT OR IGNORE INTO temp.asks_for
SELECT t.rule, l.place, t.at_least
  FROM temp.detect_threshold t JOIN temp.metric_limit l ON l.metric = t.metric
 WHERE t.at_least IS NOT NULL;

-- The rules that count, first those that may mean someone without anything adverse,
-- as most are.
DROP TABLE IF EXISTS temp.asking_rule;
CREATE TEMP TABLE asking_rule (
  adverse INTEGER,                   -- 1: asks for spam or viruses
  rule TEXT, customer INTEGER, own_unassigned INTEGER, remote INTEGER,
  PRIMARY KEY (adverse, rule)) WITHOUT ROWID;
INSERT INTO temp.asking_rule
SELECT EXISTS (SELECT 1 FROM temp.asks_for t
                WHERE t.rule = r.rule AND t.place IN (7, 8, 9, 16, 17) AND t.least > 0),
       r.rule, r.customer, r.own_unassigned, r.remote
  FROM temp.detect_rule r
 WHERE r.kind <> 'innocent'
    OR (SELECT value FROM temp.param WHERE name = 'every_role');

DROP TABLE IF EXISTS temp.detail;
CREATE TEMP TABLE detail (cust INTEGER PRIMARY KEY);
INSERT INTO temp.detail
SELECT a.cust
  FROM temp.at_most a
 WHERE a.adverse > 0 AND a.rank < 4
    OR EXISTS (SELECT 1 FROM temp.asking_rule r
                   WHERE r.adverse <= (a.adverse > 0)
                     AND CASE a.rank WHEN 3 THEN r.own_unassigned WHEN 4 THEN r.remote
                                     ELSE r.customer END
                     AND NOT EXISTS (
                       SELECT 1 FROM temp.asks_for t
                        WHERE t.rule = r.rule AND NOT (a.mixed AND t.place > 100)
                          AND t.least > CASE t.place
                                WHEN 1 THEN a.transactions WHEN 2 THEN a.messages
                                WHEN 3 THEN a.recipients WHEN 4 THEN a.senders
                                WHEN 5 THEN a.helos WHEN 6 THEN a.null_senders
                                WHEN 7 THEN a.spam WHEN 8 THEN a.virus
                                WHEN 9 THEN a.adverse WHEN 10 THEN a.banned
                                WHEN 11 THEN a.listed WHEN 12 THEN a.tried
                                WHEN 13 THEN a.failed WHEN 14 THEN a.tempfailed
                                WHEN 15 THEN a.unknown
                                WHEN 16 THEN iif(a.spam > 0, a.recipients + a.spam, 0)
                                WHEN 17 THEN iif(a.virus > 0, a.recipients + a.virus, 0)
                                WHEN 104 THEN 1.0 * a.senders / max(a.messages, 1)
                                WHEN 105 THEN 1.0 * a.helos / max(a.messages, 1)
                                WHEN 106 THEN 1.0 * a.null_senders / max(a.messages, 1)
                                WHEN 107 THEN 1.0 * a.spam / max(a.messages, 1)
                                WHEN 108 THEN 1.0 * a.virus / max(a.messages, 1)
                                WHEN 113 THEN 1.0 * a.failed / max(a.tried, 1)
                                WHEN 114 THEN 1.0 * a.tempfailed / max(a.recipients, 1)
                                WHEN 115 THEN 1.0 * a.unknown / max(a.recipients, 1) END));
UPDATE temp.day_hour SET apart = 2
 WHERE apart = 0 AND who >> 3 IN (SELECT cust FROM temp.detail);
DELETE FROM temp.hour_sum WHERE cust IN (SELECT cust FROM temp.detail);

INSERT INTO temp.attributed
SELECT 'm', m.id, m.client, m.client_port, m.received - h.ahead, h.who >> 3, h.who & 7, NULL,
       m.message_key, m.sender, m.helo, m.auth_user, m.verdict
  FROM (SELECT hour, client, min(first + ahead) AS first, max(last + ahead) AS last
          FROM temp.day_hour WHERE apart = 2 GROUP BY hour, client) k
 CROSS JOIN main.mail_message m ON m.hour = k.hour AND m.client IS nullif(k.client, 0)
   AND m.received BETWEEN k.first AND k.last AND m.parent_queue_id IS NULL
 CROSS JOIN temp.day_hour h ON h.hour = k.hour AND h.client = k.client
   AND h.auth_user = coalesce(m.auth_user, 0) AND h.host = coalesce(m.host, 0)
   AND h.apart = 2;

-- The adverse messages of the others, which the sums hold, too: what = 'a'.
INSERT INTO temp.attributed
SELECT 'a', m.id, m.client, m.client_port, m.received - h.ahead, h.who >> 3, h.who & 7, NULL,
       m.message_key, m.sender, m.helo, m.auth_user, m.verdict
  FROM temp.day_hour h
 CROSS JOIN main.mail_message m INDEXED BY mail_message_adverse
    ON m.hour = h.hour AND m.client IS nullif(h.client, 0)
   AND m.verdict >= 5
   AND m.received BETWEEN h.first + h.ahead AND h.last + h.ahead
   AND m.parent_queue_id IS NULL
   AND coalesce(m.auth_user, 0) = h.auth_user AND coalesce(m.host, 0) = h.host
 WHERE h.apart = 0 AND h.adverse > 0;
DROP TABLE temp.day_hour;
