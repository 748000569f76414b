-- Step 6: figures of each customer's clear mail (metric_name says what each
-- is).  Mail in doubt is counted apart and enters none of them.

-- Senders with what differs from message to message taken out: BATV
-- (prvs=tag=user@dom), SRS (SRS0=...@forwarder), VERP (list-123-user=dom@list,
-- list+user@dom) and digits; so that a mailing list or a forwarder is one
-- sender, as it is for a reader.
DROP TABLE IF EXISTS temp.day_sender;
CREATE TEMP TABLE day_sender (
  sender INTEGER PRIMARY KEY, canonical TEXT NOT NULL, domain TEXT NOT NULL);
INSERT INTO temp.day_sender
WITH
split AS (                -- local part and domain at the last @
  SELECT n.id, n.text,
         CASE WHEN instr(n.text, '@') = 0 THEN n.text
              ELSE substr(n.text, 1, length(rtrim(n.text, replace(n.text, '@', ''))) - 1) END AS local,
         CASE WHEN instr(n.text, '@') = 0 THEN ''
              ELSE lower(substr(n.text, length(rtrim(n.text, replace(n.text, '@', ''))) + 1)) END AS domain
    FROM main.name n
   WHERE n.id IN (SELECT m.sender FROM temp.run CROSS JOIN main.mail_message m
                   WHERE m.received >= run.day_start - run.mail_margin
                     AND m.received < run.day_end + run.mail_margin)),
plain AS (                -- BATV off
  SELECT id, domain,
         CASE WHEN local LIKE 'prvs=%=%' THEN substr(substr(local, 6), instr(substr(local, 6), '=') + 1)
              ELSE local END AS local
    FROM split),
stem AS (                 -- up to the first + or, of an address with =, its first - or =
  SELECT id, domain,
         CASE WHEN local LIKE 'SRS_=%' OR local LIKE 'SRS_+%' OR local LIKE 'SRS_-%' THEN 'srs'
              WHEN instr(local, '+') > 1 THEN substr(local, 1, instr(local, '+') - 1)
              WHEN instr(local, '=') > 1 AND instr(local, '-') > 1
                   AND instr(local, '-') < instr(local, '=') THEN substr(local, 1, instr(local, '-') - 1)
              WHEN instr(local, '=') > 1 THEN substr(local, 1, instr(local, '=') - 1)
              ELSE local END AS local
    FROM plain)
SELECT id,
       lower(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
         local, '0', ''), '1', ''), '2', ''), '3', ''), '4', ''), '5', ''), '6', ''), '7', ''), '8', ''), '9', ''))
       || '@' || domain,
       domain
  FROM stem;

-- One row a transaction: what filters and our servers said of it.  A
-- recipient is accepted if our server took the message for him, whatever
-- became of it later.  Final failures leave out a full mailbox (x.2.2,
-- RFC 3463) and refusals before RCPT, which are policy and not stale lists.
DROP TABLE IF EXISTS temp.day_message;
CREATE TEMP TABLE day_message (
  message INTEGER PRIMARY KEY,
  customer TEXT, received INTEGER, addr INTEGER,
  sender INTEGER, helo INTEGER, auth_user INTEGER,
  spam INTEGER, virus INTEGER, banned INTEGER, listed INTEGER, clean INTEGER,
  recipients INTEGER, accepted INTEGER, reached INTEGER,
  known INTEGER, failed INTEGER, tempfailed INTEGER, unknown INTEGER
);
INSERT INTO temp.day_message
SELECT t.ref, t.customer, t.first, t.addr, m.sender, m.helo, m.auth_user,
       coalesce(v.spam, 0) OR coalesce(m.verdict = 5, 0),
       coalesce(v.virus, 0) OR coalesce(m.verdict = 6, 0),
       coalesce(v.banned, 0) OR coalesce(m.verdict = 4, 0),
       coalesce(v.listed, 0) OR coalesce(m.verdict = 3, 0),
       coalesce(v.clean, 0) OR coalesce(m.verdict = 1, 0),
       count(r.n),
       coalesce(sum(r.disposition IN (1, 2, 3, 4, 7, 8) OR r.stage = 7), 0),
       coalesce(sum(r.disposition = 1), 0),
       coalesce(sum(r.disposition IN (1, 3) OR r.disposition = 5 AND r.stage = 5), 0),
       coalesce(sum((r.disposition = 3 OR r.disposition = 5 AND r.stage = 5)
                    AND coalesce(r.dsn NOT LIKE '_.2.2', 1)), 0),
       coalesce(sum(r.disposition IN (2, 6)), 0),
       coalesce(sum((r.disposition = 3 OR r.disposition = 5 AND r.stage = 5)
                    AND (r.dsn LIKE '5.1.1' OR coalesce(r.reason, '') LIKE '%user unknown%'
                         OR coalesce(r.reason, '') LIKE '%unknown user%'
                         OR coalesce(r.reason, '') LIKE '%no such user%')), 0)
  FROM temp.attributed t
  JOIN main.mail_message m ON m.id = t.ref
  LEFT JOIN main.mail_recipient r ON r.message = m.id
  LEFT JOIN (SELECT message, max(verdict = 5) AS spam, max(verdict = 6) AS virus,
                    max(verdict = 4) AS banned, max(verdict = 3) AS listed,
                    max(verdict = 1) AS clean
               FROM main.mail_verdict
              WHERE message IN (SELECT ref FROM temp.attributed WHERE what = 'm')
              GROUP BY message) v ON v.message = m.id
 WHERE t.what = 'm' AND t.doubt IS NULL
 GROUP BY t.ref;
CREATE INDEX temp.day_message_customer ON day_message (customer, received);

DROP TABLE IF EXISTS temp.unknown_mailbox;
CREATE TEMP TABLE unknown_mailbox AS
SELECT d.customer, count(DISTINCT r.recipient) AS n
  FROM temp.day_message d JOIN main.mail_recipient r ON r.message = d.message
 WHERE d.unknown > 0
   AND (r.disposition = 3 OR r.disposition = 5 AND r.stage = 5)
   AND (r.dsn LIKE '5.1.1' OR coalesce(r.reason, '') LIKE '%user unknown%'
        OR coalesce(r.reason, '') LIKE '%unknown user%'
        OR coalesce(r.reason, '') LIKE '%no such user%')
 GROUP BY d.customer;
CREATE INDEX temp.unknown_mailbox_customer ON unknown_mailbox (customer);

DROP TABLE IF EXISTS temp.to_whom;
CREATE TEMP TABLE to_whom AS
SELECT d.customer, count(DISTINCT r.recipient) AS recipients,
       count(DISTINCT lower(substr(n.text, length(rtrim(n.text, replace(n.text, '@', ''))) + 1)))
         FILTER (WHERE instr(n.text, '@') > 0) AS domains
  FROM temp.day_message d -- CROSS JOIN: or the recipients of all days are read
 CROSS JOIN main.mail_recipient r ON r.message = d.message
 CROSS JOIN main.name n ON n.id = r.recipient
 GROUP BY d.customer;
CREATE INDEX temp.to_whom_customer ON to_whom (customer);

-- How far adverse mail of a customer's own (no bounce, no SRS) spreads: to
-- how many recipients to whom nobody else wrote through him.  A domain that
-- sends at least a fifth, and three, of his messages that are not adverse is
-- his own, others may be of others; where two of these and more write to the
-- same recipient, the mail is probably passed on, by a forwarder or second MX;
-- one or two such recipients among many may be chance.
-- Where a refusal does not name the recipients (Exim after DATA), each message
-- counts as one recipient, unless 15 % of his other mail is passed on.
-- Looked at: who has adverse mail, or ten senders, as rules ask for.
DROP TABLE IF EXISTS temp.looked_at;
CREATE TEMP TABLE looked_at (customer TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO temp.looked_at
SELECT customer FROM temp.day_message
 GROUP BY customer
HAVING max(spam OR virus) OR count(DISTINCT sender) >= 10;
DROP TABLE IF EXISTS temp.home_domain;
CREATE TEMP TABLE home_domain (
  customer TEXT, domain TEXT, PRIMARY KEY (customer, domain)) WITHOUT ROWID;
INSERT INTO temp.home_domain
SELECT customer, domain
  FROM (SELECT d.customer, s.domain, count(*) AS n,
               sum(count(*)) OVER (PARTITION BY d.customer) AS every
          FROM temp.looked_at k
          JOIN temp.day_message d ON d.customer = k.customer AND NOT d.spam AND NOT d.virus
          JOIN temp.day_sender s ON s.sender = d.sender
         GROUP BY d.customer, s.domain)
 WHERE n >= 3 AND 5 * n >= every;
DROP TABLE IF EXISTS temp.written_to;
CREATE TEMP TABLE written_to (
  customer TEXT, recipient INTEGER, messages INTEGER, others INTEGER,
  PRIMARY KEY (customer, recipient)) WITHOUT ROWID;
INSERT INTO temp.written_to
SELECT d.customer, r.recipient, count(*), count(DISTINCT iif(h.domain IS NULL, s.domain, NULL))
  FROM temp.looked_at k
 CROSS JOIN temp.day_message d ON d.customer = k.customer
 CROSS JOIN main.mail_recipient r ON r.message = d.message AND r.recipient IS NOT NULL
  LEFT JOIN temp.day_sender s ON s.sender = d.sender
  LEFT JOIN temp.home_domain h ON h.customer = d.customer AND h.domain = s.domain
 GROUP BY d.customer, r.recipient;
DROP TABLE IF EXISTS temp.passed_on;
CREATE TEMP TABLE passed_on (customer TEXT PRIMARY KEY, share REAL) WITHOUT ROWID;
INSERT INTO temp.passed_on
SELECT customer, iif(shared >= 3 OR share >= 0.5, share, 0)
  FROM (SELECT customer, sum(others > 1) AS shared,
               1.0 * sum(iif(others > 1, messages, 0)) / sum(messages) AS share
          FROM temp.written_to
         GROUP BY customer);

DROP TABLE IF EXISTS temp.spread;
CREATE TEMP TABLE spread (
  customer TEXT PRIMARY KEY, spam INTEGER, virus INTEGER) WITHOUT ROWID;
INSERT INTO temp.spread
SELECT a.customer, count(DISTINCT iif(a.spam, a.who, NULL)), count(DISTINCT iif(a.virus, a.who, NULL))
  FROM (SELECT d.customer, d.spam, d.virus, coalesce(r.recipient, -d.message) AS who,
               CASE WHEN r.recipient IS NULL THEN coalesce(p.share <= 0.15, 1)
                    ELSE w.others <= 1 END AS fresh
          FROM temp.day_message d
          JOIN temp.day_sender s ON s.sender = d.sender
           AND s.domain <> '' AND s.canonical NOT LIKE 'srs@%'
          LEFT JOIN main.mail_recipient r ON r.message = d.message
          LEFT JOIN temp.written_to w ON w.customer = d.customer AND w.recipient = r.recipient
          LEFT JOIN temp.passed_on p ON p.customer = d.customer
         WHERE d.spam OR d.virus) a
 WHERE a.fresh
 GROUP BY a.customer;

DROP TABLE IF EXISTS temp.attempts_made;
CREATE TEMP TABLE attempts_made AS
SELECT customer, sum(n) AS n
  FROM (SELECT d.customer, count(*) AS n
          FROM temp.day_message d JOIN main.mail_attempt a ON a.message = d.message
         GROUP BY d.customer
        UNION ALL
        SELECT d.customer, count(*)
          FROM temp.day_message d JOIN main.mail_recipient r ON r.message = d.message AND r.sole = 1
         GROUP BY d.customer)
 GROUP BY customer;
CREATE INDEX temp.attempts_made_customer ON attempts_made (customer);

-- "whole": somebody saw the message and not only its envelope.
DROP TABLE IF EXISTS temp.figures;
CREATE TEMP TABLE figures (
  customer TEXT PRIMARY KEY, first INTEGER, last INTEGER,
  adverse_first INTEGER, adverse_last INTEGER, adverse INTEGER,
  transactions INTEGER, messages INTEGER, recipients INTEGER,
  distinct_recipients INTEGER, recipient_domains INTEGER,
  senders INTEGER, canonical_senders INTEGER, sender_domains INTEGER,
  helos INTEGER, null_senders INTEGER,
  spam_messages INTEGER, own_spam_messages INTEGER, virus_messages INTEGER, banned_messages INTEGER,
  listed_messages INTEGER, clean_messages INTEGER, adverse_delivered INTEGER,
  tried_recipients INTEGER, failed_recipients INTEGER,
  tempfailed_recipients INTEGER, unknown_recipients INTEGER,
  distinct_unknown INTEGER, auth_addresses INTEGER, attempts INTEGER,
  own_virus_messages INTEGER, spam_spread INTEGER, virus_spread INTEGER,
  passed_on_share REAL
) WITHOUT ROWID;
INSERT INTO temp.figures
SELECT d.customer, min(d.received), max(d.received),
       min(iif(d.spam OR d.virus, d.received, NULL)),
       max(iif(d.spam OR d.virus, d.received, NULL)),
       sum(d.spam OR d.virus),
       count(*), sum(d.whole), sum(d.recipients),
       coalesce(w.recipients, 0), coalesce(w.domains, 0),
       count(DISTINCT d.sender), count(DISTINCT s.canonical),
       count(DISTINCT nullif(s.domain, '')),
       count(DISTINCT d.helo), coalesce(sum(d.null_sender AND d.whole), 0),
       sum(d.spam), sum(d.spam AND NOT d.null_sender AND coalesce(s.canonical NOT LIKE 'srs@%', 1)),
       sum(d.virus), sum(d.banned), sum(d.listed), sum(d.clean),
       sum((d.spam OR d.virus) AND d.reached > 0),
       coalesce(sum(d.known) FILTER (WHERE d.named AND NOT (d.spam OR d.virus)), 0),
       coalesce(sum(d.failed) FILTER (WHERE d.named AND NOT (d.spam OR d.virus)), 0),
       sum(d.tempfailed), sum(d.unknown), coalesce(u.n, 0),
       count(DISTINCT d.addr) FILTER (WHERE d.auth_user IS NOT NULL),
       coalesce(t.n, 0),
       sum(d.virus AND NOT d.null_sender AND coalesce(s.canonical NOT LIKE 'srs@%', 1)),
       coalesce(p.spam, 0), coalesce(p.virus, 0), coalesce(q.share, 0)
  FROM (SELECT e.*, e.accepted > 0 OR e.spam OR e.virus OR e.banned OR e.clean AS whole,
               coalesce(n.text = '', 0) AS null_sender,
               coalesce(n.text <> '', 0) AS named
          FROM temp.day_message e LEFT JOIN main.name n ON n.id = e.sender) d
  LEFT JOIN temp.day_sender s ON s.sender = d.sender AND d.named
  LEFT JOIN temp.to_whom w ON w.customer = d.customer
  LEFT JOIN temp.unknown_mailbox u ON u.customer = d.customer
  LEFT JOIN temp.attempts_made t ON t.customer = d.customer
  LEFT JOIN temp.spread p ON p.customer = d.customer
  LEFT JOIN temp.passed_on q ON q.customer = d.customer
 GROUP BY d.customer;

-- The same as name and value, for the rules; shares of nothing are 0.
DROP TABLE IF EXISTS temp.metric;
CREATE TEMP TABLE metric (
  customer TEXT, metric TEXT, value REAL, PRIMARY KEY (customer, metric)) WITHOUT ROWID;
INSERT INTO temp.metric
SELECT f.customer, j.key, j.value
  FROM temp.figures f, json_each(json_object(
         'transactions', f.transactions, 'messages', f.messages,
         'recipients', f.recipients, 'distinct_recipients', f.distinct_recipients,
         'recipient_domains', f.recipient_domains, 'senders', f.senders,
         'canonical_senders', f.canonical_senders, 'sender_domains', f.sender_domains,
         'helos', f.helos, 'helo_share', coalesce(1.0 * f.helos / nullif(f.messages, 0), 0),
         'null_senders', f.null_senders,
         'null_sender_share', coalesce(1.0 * f.null_senders / nullif(f.messages, 0), 0),
         'spam_messages', f.spam_messages,
         'spam_share', coalesce(1.0 * f.spam_messages / nullif(f.messages, 0), 0),
         'own_spam_messages', f.own_spam_messages,
         'own_spam_share', coalesce(1.0 * f.own_spam_messages / nullif(f.messages, 0), 0),
         'virus_messages', f.virus_messages, 'banned_messages', f.banned_messages,
         'listed_messages', f.listed_messages, 'adverse_delivered', f.adverse_delivered,
         'tried_recipients', f.tried_recipients, 'failed_recipients', f.failed_recipients,
         'failure_share', coalesce(1.0 * f.failed_recipients / nullif(f.tried_recipients, 0), 0),
         'tempfailed_recipients', f.tempfailed_recipients,
         'unknown_recipients', f.unknown_recipients, 'distinct_unknown', f.distinct_unknown,
         'unknown_share', coalesce(1.0 * f.unknown_recipients / nullif(f.recipients, 0), 0),
         'auth_addresses', f.auth_addresses, 'attempts', f.attempts,
         'sender_domain_share', coalesce(1.0 * f.sender_domains / nullif(f.messages, 0), 0),
         'own_virus_messages', f.own_virus_messages,
         'own_virus_share', coalesce(1.0 * f.own_virus_messages / nullif(f.messages, 0), 0),
         'spam_spread', f.spam_spread, 'virus_spread', f.virus_spread,
         'passed_on_share', f.passed_on_share)) j
 WHERE j.key IN (SELECT metric FROM main.detect_threshold);
