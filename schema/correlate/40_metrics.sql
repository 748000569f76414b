-- Step 7: figures of each customer's clear mail (metric_name says what each
-- is).  Mail in doubt is counted apart and enters none of them.

-- One row a transaction that is looked at by itself: what filters and our servers
-- said of it (mail_recipient.outcome, schema/025_policy.sql).  canonical: the sender with
-- what differs from message to message taken out: BATV (prvs=tag=user@dom), SRS
-- (SRS0=...@forwarder), VERP (list-123-user=dom@list, list+user@dom) and digits;
-- so that a mailing list or a forwarder is one sender, as it is for a reader
-- (src/correlate/sender_name.c).  In the order of customers, for nearly all that follows
-- reads it customer by customer.
DROP TABLE IF EXISTS temp.day_message;
CREATE TEMP TABLE day_message (
  cust INTEGER, received INTEGER, message_key INTEGER, message INTEGER,
  addr INTEGER, rank INTEGER,
  sender INTEGER, helo INTEGER, auth_user INTEGER,
  spam INTEGER, virus INTEGER, banned INTEGER, listed INTEGER, clean INTEGER,
  recipients INTEGER, accepted INTEGER, reached INTEGER,
  known INTEGER, failed INTEGER, tempfailed INTEGER, unknown INTEGER,
  outcome INTEGER,                   -- time of the first, or the first refusal if
                                     -- it is not adverse; NULL: none
  worst   INTEGER,                   -- time of the first virus, else spam verdict
  canonical INTEGER, domain INTEGER, address INTEGER, -- of the sender, as numbers;
                                     -- NULL: none
  own     INTEGER,                   -- 1: mail of his own, no bounce and no SRS
  detail INTEGER,                    -- 1: all messages of the customer are here
  summed INTEGER,                    -- 1: and in the sums of his hours
  PRIMARY KEY (cust, received, message_key, message)) WITHOUT ROWID;
SELECT sender_names_day();
-- (src/correlate/day_message.h)
SELECT day_messages();

-- What filters said against whom.
DROP TABLE IF EXISTS temp.said;
CREATE TEMP TABLE said (
  cust INTEGER, filter INTEGER, signature INTEGER, -- 0: none
  PRIMARY KEY (cust, filter, signature)) WITHOUT ROWID;
SELECT verdicts_said();

-- Whom they wrote to, of customers whose messages are looked at one by one
-- (src/correlate/spread.h).
DROP TABLE IF EXISTS temp.spread;
CREATE TEMP TABLE spread (
  cust INTEGER PRIMARY KEY, recipients INTEGER, domains INTEGER, unknown INTEGER,
  spam INTEGER, virus INTEGER,       -- how far his own spreads
  adverse_hours INTEGER,
  passed_on REAL                     -- the share of mail that is passed on
);
SELECT spread_day();

DROP TABLE IF EXISTS temp.attempts_made;
CREATE TEMP TABLE attempts_made AS
SELECT cust, sum(n) AS n
  FROM (SELECT d.cust, count(*) AS n
          FROM temp.day_message d CROSS JOIN main.mail_attempt a ON a.message = d.message
         WHERE d.detail AND EXISTS (SELECT 1 FROM temp.detect_threshold WHERE metric = 'attempts')
         GROUP BY d.cust
        UNION ALL
        SELECT d.cust, count(*)
          FROM temp.day_message d
         CROSS JOIN main.mail_recipient r ON r.message = d.message AND r.sole = 1
         WHERE d.detail AND EXISTS (SELECT 1 FROM temp.detect_threshold WHERE metric = 'attempts')
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
       w.recipients, w.domains,
       count(DISTINCT d.sender), count(DISTINCT iif(d.null_sender, NULL, d.canonical)),
       count(DISTINCT d.domain),
       count(DISTINCT d.helo), coalesce(sum(d.null_sender AND d.whole), 0),
       sum(d.spam), sum(d.spam AND d.own),
       sum(d.virus), sum(d.banned), sum(d.listed), sum(d.clean),
       sum((d.spam OR d.virus) AND d.reached > 0),
       coalesce(sum(d.known) FILTER (WHERE d.named AND NOT (d.spam OR d.virus)), 0),
       coalesce(sum(d.failed) FILTER (WHERE d.named AND NOT (d.spam OR d.virus)), 0),
       sum(d.tempfailed), sum(d.unknown), w.unknown,
       count(DISTINCT d.addr) FILTER (WHERE d.auth_user IS NOT NULL),
       coalesce(t.n, 0),
       sum(d.virus AND d.own), w.spam, w.virus, w.passed_on
  FROM (SELECT e.*, e.accepted > 0 OR e.spam OR e.virus OR e.banned OR e.clean AS whole,
               coalesce(e.sender = run.null_sender, 0) AS null_sender,
               e.sender IS NOT NULL AND e.sender IS NOT run.null_sender AS named
          FROM temp.run CROSS JOIN temp.day_message e
         WHERE e.detail) d
  JOIN temp.spread w ON w.cust = d.cust
  LEFT JOIN temp.attempts_made t ON t.cust = d.cust
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
                    sum(d.spam AND d.own) AS own_spam, sum(d.virus AND d.own) AS own_virus
               FROM temp.day_message d
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
   AND j.key IN (SELECT metric FROM temp.detect_threshold);
