-- Step 7: figures of each customer's clear mail (metric_name says what each
-- is).  Mail in doubt is counted apart and enters none of them.

-- One row a transaction that is looked at by itself: what filters and our servers
-- said of it (mail_outcome, schema/020_recipient.sql).
DROP TABLE IF EXISTS temp.day_message;
CREATE TEMP TABLE day_message (
  message INTEGER PRIMARY KEY, message_key INTEGER,
  cust INTEGER, received INTEGER, addr INTEGER,
  sender INTEGER, helo INTEGER, auth_user INTEGER,
  spam INTEGER, virus INTEGER, banned INTEGER, listed INTEGER, clean INTEGER,
  recipients INTEGER, accepted INTEGER, reached INTEGER,
  known INTEGER, failed INTEGER, tempfailed INTEGER, unknown INTEGER,
  outcome INTEGER,                   -- time of the first, or the first refusal if
                                     -- it is not adverse; NULL: none
  worst   INTEGER,                   -- time of the first virus, else spam verdict
  unnamed INTEGER,                   -- 1: the log does not name all recipients
  told    INTEGER,                   -- 1: it names one
  detail INTEGER,                    -- 1: all messages of the customer are here
  summed INTEGER                     -- 1: and in the sums of his hours
);
INSERT INTO temp.day_message
SELECT message, message_key, cust, received, addr, sender, helo, auth_user,
       verdicts >> 5 & 1, verdicts >> 6 & 1, verdicts >> 4 & 1, verdicts >> 3 & 1, verdicts >> 1 & 1,
       recipients, accepted, reached, known, failed, tempfailed, unknown,
       iif(verdicts >= 32, outcome, refusal),
       iif(verdicts >= 32, (SELECT v.time FROM main.mail_verdict v
                               WHERE v.message = q.message AND v.verdict >= 5
                               ORDER BY v.verdict DESC, v.time LIMIT 1), NULL),
       unnamed, told, detail, summed
  FROM (SELECT t.ref AS message, m.message_key, t.cust, t.time AS received, t.addr,
               m.sender, m.helo, m.auth_user,
               iif(m.verdict IS NULL, 0, 1 << m.verdict)
                 | coalesce((SELECT (max(v.verdict = 1) << 1) | (max(v.verdict = 3) << 3)
                                      | (max(v.verdict = 4) << 4) | (max(v.verdict = 5) << 5)
                                      | (max(v.verdict = 6) << 6)
                               FROM main.mail_verdict v
                              WHERE v.message = t.ref), 0) AS verdicts,
               count(r.n) AS recipients, coalesce(sum(r.accepted), 0) AS accepted,
               coalesce(sum(r.reached), 0) AS reached, coalesce(sum(r.known), 0) AS known,
               coalesce(sum(r.failed), 0) AS failed,
               coalesce(sum(r.tempfailed), 0) AS tempfailed,
               coalesce(sum(r.unknown), 0) AS unknown,
               min(r.time) AS outcome, min(iif(r.refused, r.time, NULL)) AS refusal,
               count(r.recipient) < max(count(r.n), 1) AS unnamed, count(r.recipient) > 0 AS told,
               d.cust IS NOT NULL AS detail, t.what = 'a' AS summed
          FROM temp.attributed t -- CROSS JOIN: or the messages of all days are read
         CROSS JOIN main.mail_message m ON m.id = t.ref
          LEFT JOIN main.mail_outcome r ON r.message = m.id
          LEFT JOIN temp.detail d ON d.cust = t.cust
         WHERE t.what IN ('a', 'm') AND t.doubt IS NULL
         GROUP BY t.what, t.ref
         LIMIT -1) q; -- so that verdicts are looked for once
CREATE INDEX temp.day_message_customer ON day_message (cust, received);

-- Senders with what differs from message to message taken out: BATV
-- (prvs=tag=user@dom), SRS (SRS0=...@forwarder), VERP (list-123-user=dom@list,
-- list+user@dom) and digits; so that a mailing list or a forwarder is one
-- sender, as it is for a reader (src/correlate/functions.c).
DROP TABLE IF EXISTS temp.day_sender;
CREATE TEMP TABLE day_sender (
  sender INTEGER PRIMARY KEY, canonical TEXT NOT NULL, domain TEXT NOT NULL,
  canonical_no INTEGER, domain_no INTEGER); -- NULL: no domain
INSERT INTO temp.day_sender
SELECT id, canonical, coalesce(domain, ''), text_no(canonical), text_no(nullif(domain, ''))
  FROM (SELECT n.id, mail_stem(n.text) AS canonical, mail_domain(n.text) AS domain
          FROM main.name n
         WHERE n.id IN (SELECT d.sender FROM temp.day_message d)
         LIMIT -1); -- so that they are asked once

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
CREATE TEMP TABLE looked_at (cust INTEGER PRIMARY KEY);
INSERT INTO temp.looked_at
SELECT cust FROM temp.day_message
 WHERE detail
 GROUP BY cust
HAVING max(spam OR virus) OR count(DISTINCT sender) >= 10;
DROP TABLE IF EXISTS temp.home_domain;
CREATE TEMP TABLE home_domain (
  cust INTEGER, domain_no INTEGER, PRIMARY KEY (cust, domain_no)) WITHOUT ROWID;
INSERT INTO temp.home_domain
SELECT cust, coalesce(domain_no, 0)
  FROM (SELECT d.cust, s.domain_no, count(*) AS n,
               sum(count(*)) OVER (PARTITION BY d.cust) AS every
          FROM temp.looked_at k
          JOIN temp.day_message d ON d.cust = k.cust AND NOT d.spam AND NOT d.virus
          JOIN temp.day_sender s ON s.sender = d.sender
         GROUP BY d.cust, s.domain_no)
 WHERE n >= 3 AND 5 * n >= every;

-- Whom each customer wrote to.  others: 0, 1 or, for more, 2 sender domains that
-- are not his own.  spam, virus: of his own, as said above.
DROP TABLE IF EXISTS temp.written_to;
CREATE TEMP TABLE written_to (
  cust INTEGER, recipient TEXT, messages INTEGER, others INTEGER,
  spam INTEGER, virus INTEGER, unknown INTEGER,
  PRIMARY KEY (cust, recipient)) WITHOUT ROWID;
INSERT INTO temp.written_to
SELECT d.cust, r.recipient, count(*),
       CASE WHEN min(d.other) IS NULL THEN 0 WHEN min(d.other) = max(d.other) THEN 1 ELSE 2 END,
       max(d.spam AND d.own), max(d.virus AND d.own), max(r.unknown)
  FROM (SELECT e.message, e.cust, e.spam, e.virus,
               coalesce(s.domain <> '' AND s.canonical NOT LIKE 'srs@%', 0) AS own,
               iif(h.domain_no IS NULL AND s.sender IS NOT NULL, coalesce(s.domain_no, 0), NULL) AS other
          FROM temp.day_message e NOT INDEXED
          LEFT JOIN temp.day_sender s ON s.sender = e.sender
          LEFT JOIN temp.home_domain h ON h.cust = e.cust AND h.domain_no = coalesce(s.domain_no, 0)
         WHERE e.detail
         LIMIT -1) d
 CROSS JOIN main.mail_outcome r ON r.message = d.message AND r.recipient IS NOT NULL
 GROUP BY d.cust, r.recipient;
DROP TABLE IF EXISTS temp.passed_on;
CREATE TEMP TABLE passed_on (cust INTEGER PRIMARY KEY, share REAL);
INSERT INTO temp.passed_on
SELECT cust, iif(shared >= 3 OR share >= 0.5, share, 0)
  FROM (SELECT w.cust, sum(w.others > 1) AS shared,
               1.0 * sum(iif(w.others > 1, w.messages, 0)) / sum(w.messages) AS share
          FROM temp.looked_at k JOIN temp.written_to w ON w.cust = k.cust
         GROUP BY w.cust);
DROP TABLE IF EXISTS temp.to_whom;
CREATE TEMP TABLE to_whom (
  cust INTEGER PRIMARY KEY, recipients INTEGER, domains INTEGER, unknown INTEGER,
  spam INTEGER, virus INTEGER);
INSERT INTO temp.to_whom
SELECT w.cust, count(*), count(DISTINCT text_no(mail_domain(w.recipient))), sum(w.unknown),
       sum(w.spam AND w.others <= 1), sum(w.virus AND w.others <= 1)
  FROM temp.written_to w
 GROUP BY w.cust;
DROP TABLE temp.written_to;
-- Adverse messages whose recipients are not named.
DROP TABLE IF EXISTS temp.to_nobody;
CREATE TEMP TABLE to_nobody (cust INTEGER PRIMARY KEY, spam INTEGER, virus INTEGER);
INSERT INTO temp.to_nobody
SELECT d.cust, sum(d.spam), sum(d.virus)
  FROM temp.day_message d
  JOIN temp.day_sender s ON s.sender = d.sender
   AND s.domain <> '' AND s.canonical NOT LIKE 'srs@%'
  LEFT JOIN temp.passed_on p ON p.cust = d.cust
 WHERE d.detail AND (d.spam OR d.virus) AND d.unnamed AND coalesce(p.share <= 0.15, 1)
 GROUP BY d.cust;

DROP TABLE IF EXISTS temp.attempts_made;
CREATE TEMP TABLE attempts_made AS
SELECT cust, sum(n) AS n
  FROM (SELECT d.cust, count(*) AS n
          FROM temp.day_message d CROSS JOIN main.mail_attempt a ON a.message = d.message
         WHERE d.detail AND EXISTS (SELECT 1 FROM main.detect_threshold WHERE metric = 'attempts')
         GROUP BY d.cust
        UNION ALL
        SELECT d.cust, count(*)
          FROM temp.day_message d
         CROSS JOIN main.mail_recipient r ON r.message = d.message AND r.sole = 1
         WHERE d.detail AND EXISTS (SELECT 1 FROM main.detect_threshold WHERE metric = 'attempts')
         GROUP BY d.cust)
 GROUP BY cust;
CREATE INDEX temp.attempts_made_customer ON attempts_made (cust);

-- "whole": somebody saw the message and not only its envelope.
DROP TABLE IF EXISTS temp.figures;
CREATE TEMP TABLE figures (
  cust INTEGER PRIMARY KEY, customer TEXT, first INTEGER, last INTEGER,
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
);
INSERT INTO temp.figures
SELECT d.cust, text_of(d.cust), min(d.received), max(d.received),
       min(iif(d.spam OR d.virus, d.received, NULL)),
       max(iif(d.spam OR d.virus, d.received, NULL)),
       sum(d.spam OR d.virus),
       count(*), sum(d.whole), sum(d.recipients),
       coalesce(w.recipients, 0), coalesce(w.domains, 0),
       count(DISTINCT d.sender), count(DISTINCT s.canonical_no),
       count(DISTINCT s.domain_no),
       count(DISTINCT d.helo), coalesce(sum(d.null_sender AND d.whole), 0),
       sum(d.spam), sum(d.spam AND NOT d.null_sender AND coalesce(s.canonical NOT LIKE 'srs@%', 1)),
       sum(d.virus), sum(d.banned), sum(d.listed), sum(d.clean),
       sum((d.spam OR d.virus) AND d.reached > 0),
       coalesce(sum(d.known) FILTER (WHERE d.named AND NOT (d.spam OR d.virus)), 0),
       coalesce(sum(d.failed) FILTER (WHERE d.named AND NOT (d.spam OR d.virus)), 0),
       sum(d.tempfailed), sum(d.unknown), coalesce(w.unknown, 0),
       count(DISTINCT d.addr) FILTER (WHERE d.auth_user IS NOT NULL),
       coalesce(t.n, 0),
       sum(d.virus AND NOT d.null_sender AND coalesce(s.canonical NOT LIKE 'srs@%', 1)),
       coalesce(w.spam, 0) + coalesce(p.spam, 0), coalesce(w.virus, 0) + coalesce(p.virus, 0),
       coalesce(q.share, 0)
  FROM (SELECT e.*, e.accepted > 0 OR e.spam OR e.virus OR e.banned OR e.clean AS whole,
               coalesce(e.sender = run.null_sender, 0) AS null_sender,
               e.sender IS NOT NULL AND e.sender IS NOT run.null_sender AS named
          FROM temp.run CROSS JOIN temp.day_message e NOT INDEXED
         WHERE e.detail) d
  LEFT JOIN temp.day_sender s ON s.sender = d.sender AND d.named
  LEFT JOIN temp.to_whom w ON w.cust = d.cust
  LEFT JOIN temp.attempts_made t ON t.cust = d.cust
  LEFT JOIN temp.to_nobody p ON p.cust = d.cust
  LEFT JOIN temp.passed_on q ON q.cust = d.cust
 GROUP BY d.cust;

-- The others: sums of their hours, and of what was looked at besides.  How many
-- different ones there were is not known.
INSERT INTO temp.figures
SELECT f.cust, text_of(f.cust), min(f.first), max(f.last), min(b.first), max(b.last), sum(f.adverse),
       sum(f.transactions), sum(f.messages), sum(f.recipients), NULL, NULL, NULL, NULL, NULL, NULL,
       sum(f.null_senders), sum(f.spam), coalesce(max(b.own_spam), 0), sum(f.virus),
       sum(f.banned), sum(f.listed), sum(f.clean), coalesce(max(b.delivered), 0),
       sum(f.tried), sum(f.failed), sum(f.tempfailed), sum(f.unknown),
       NULL, count(DISTINCT f.logged_in), NULL, coalesce(max(b.own_virus), 0), NULL, NULL, NULL
  FROM (SELECT cust, first, last, adverse, transactions, messages, recipients, null_senders,
               spam, virus, banned, listed, clean, tried, failed, tempfailed, unknown,
               iif(logged_in, nullif(addr, 0), NULL) AS logged_in
          FROM temp.hour_sum
        UNION ALL
        SELECT cust, received, received, adverse, 1, whole, recipients, null_sender AND whole,
               spam, virus, banned, listed, clean,
               iif(named AND NOT adverse, known, 0), iif(named AND NOT adverse, failed, 0),
               tempfailed, unknown, iif(auth_user IS NULL, NULL, addr)
          FROM (SELECT e.*, e.spam OR e.virus AS adverse,
                       e.accepted > 0 OR e.spam OR e.virus OR e.banned OR e.clean AS whole,
                       coalesce(e.sender = run.null_sender, 0) AS null_sender,
                       e.sender IS NOT NULL AND e.sender IS NOT run.null_sender AS named
                  FROM temp.run CROSS JOIN temp.day_message e
                 WHERE NOT e.detail AND NOT e.summed)) f
  LEFT JOIN (SELECT d.cust, min(d.received) AS first, max(d.received) AS last,
                    sum(d.reached > 0) AS delivered,
                    sum(d.spam AND NOT coalesce(d.sender = run.null_sender, 0)
                        AND coalesce(s.canonical NOT LIKE 'srs@%', 1)) AS own_spam,
                    sum(d.virus AND NOT coalesce(d.sender = run.null_sender, 0)
                        AND coalesce(s.canonical NOT LIKE 'srs@%', 1)) AS own_virus
               FROM temp.run CROSS JOIN temp.day_message d
               LEFT JOIN temp.day_sender s ON s.sender = d.sender
              WHERE NOT d.detail AND (d.spam OR d.virus)
              GROUP BY d.cust) b ON b.cust = f.cust
 GROUP BY f.cust;

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
 WHERE f.senders IS NOT NULL
   AND j.key IN (SELECT metric FROM main.detect_threshold);
