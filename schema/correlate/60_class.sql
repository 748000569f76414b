-- Step 16: what the flows show of each customer, and one class for each.
-- Only what is in the day counts for a class; samples up to a window before
-- and after count for flow_support alone.

-- Whether a host that answers SMTP looks like a mail server, and if not, why.
DROP TABLE IF EXISTS temp.server_pattern;
CREATE TEMP TABLE server_pattern (cust INTEGER PRIMARY KEY, fails TEXT);
INSERT INTO temp.server_pattern
SELECT f.cust,
       CASE WHEN f.server_strong + f.server_weak < run.server_share_min * f.client THEN
              printf('has %d packets as server to %d as client', f.server_strong + f.server_weak, f.client)
            WHEN f.syn_back >= run.server_syn_min AND f.answered_back < run.server_answered_min * f.syn_back THEN
              printf('of its own %d SYNs only %d were answered', f.syn_back, f.answered_back)
            WHEN f.rst > run.server_rst_max * f.samples THEN
              printf('%d of %d packets are RSTs', f.rst, f.samples) END
  FROM temp.run JOIN temp.flow_figures f
 WHERE f.server_strong > 0;

-- At 1 in 2048 a small server shows no packet as server on most days.  Its
-- addresses with client packets are looked at over the last server_days days,
-- while the same customer had them, by the same conditions; and what this day
-- itself shows against them stands, where that is more than a few packets.
INSERT INTO temp.flow_day
SELECT run.day, text_of(s.cust), s.addr, s.samples, s.client, s.syn_back, s.answered_back,
       s.rst, s.server_strong, s.server_weak, 0
  FROM temp.run JOIN temp.flow_addr s
 WHERE s.samples IS NOT NULL
   AND s.cust IN (SELECT cust FROM temp.who WHERE scope <> 'remote')
 ORDER BY 2, 3;
-- What an address said from a mail port within a session (ACK, and neither SYN
-- nor RST) shows a server as a SYN/ACK does, and is sampled far more often.
-- Slots do not tell it from what was sent to the port; samples do.  Of an
-- address that had two customers that day it is nobody's.
DROP TABLE IF EXISTS temp.server_said;
CREATE TEMP TABLE server_said (addr INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO temp.server_said
SELECT s.src, count(*)
  FROM temp.run CROSS JOIN main.smtp_sample s
  LEFT JOIN temp.clock k ON k.kind = 'flow' AND k.ref = s.agent
 WHERE s.time >= run.day_start - run.flow_margin AND s.time < run.day_end + run.flow_margin
   AND s.time - coalesce(k.ahead, 0) >= run.day_start AND s.time - coalesce(k.ahead, 0) < run.day_end
   AND s.src_port IN (SELECT port FROM temp.mail_port)
   AND s.dst_port NOT IN (SELECT port FROM temp.mail_port)
   AND s.flags & 22 = 16
   AND s.src IN (SELECT addr FROM temp.flow_day WHERE server_weak > 0)
   AND s.src NOT IN (SELECT addr FROM temp.several_had)
 GROUP BY s.src;
UPDATE temp.flow_day
   SET answers = (SELECT n FROM temp.server_said s WHERE s.addr = flow_day.addr)
 WHERE addr IN (SELECT addr FROM temp.server_said);
-- The days before.
INSERT INTO temp.flow_day
SELECT d.*
  FROM temp.run r
 CROSS JOIN main.flow_day d
 CROSS JOIN temp.flow_day t ON t.day = r.day AND t.customer = d.customer AND t.addr = d.addr
   AND t.client > 0
 WHERE d.day BETWEEN r.day - r.server_days + 1 AND r.day - 1;

-- Who said nothing as a server, most of all, cannot have server_answers_min.
DROP TABLE IF EXISTS temp.server_week;
CREATE TEMP TABLE server_week (cust INTEGER PRIMARY KEY, words TEXT);
INSERT INTO temp.server_week
SELECT f.cust,
       printf('answers SMTP itself, as a mail server does, on %d of %d day%s from %s on: %d SYN/ACK and %d answers sent, %d packets as server and %d as client, %d of %d SYNs answered, %d RST',
              w.served, w.days, iif(w.days = 1, '', 's'), date(w.first_day * 86400, 'unixepoch'),
              w.server_strong, w.answers, w.server, w.client, w.answered_back, w.syn_back, w.rst)
  FROM temp.run
  JOIN (SELECT d.customer, min(d.day) AS first_day, count(DISTINCT d.day) AS days,
               count(DISTINCT iif(d.server_strong + d.server_weak > 0, d.day, NULL)) AS served,
               sum(d.samples) AS samples, sum(d.client) AS client, sum(d.rst) AS rst,
               sum(d.syn_back) AS syn_back, sum(d.answered_back) AS answered_back,
               sum(d.server_strong) AS server_strong, sum(d.answers) AS answers,
               sum(d.server_strong + d.server_weak) AS server
          FROM temp.run r
         CROSS JOIN temp.flow_day t ON t.day = r.day AND t.client > 0
           AND t.customer IN (SELECT customer FROM temp.flow_day WHERE server_strong + answers > 0)
          JOIN temp.flow_day d ON d.day BETWEEN r.day - r.server_days + 1 AND r.day
           AND d.customer = t.customer AND d.addr = t.addr
         GROUP BY d.customer) w
  JOIN temp.flow_figures f ON f.cust = text_no(w.customer)
 WHERE w.server_strong + w.answers >= run.server_answers_min
   AND w.server >= run.server_share_min * w.client
   AND NOT (w.syn_back >= run.server_syn_min
            AND w.answered_back < run.server_answered_min * w.syn_back)
   AND NOT w.rst > run.server_rst_max * w.samples
   AND NOT (f.syn_back >= run.server_syn_min
            AND f.answered_back < run.server_answered_min * f.syn_back)
   AND NOT (f.samples >= run.server_syn_min AND f.rst > run.server_rst_max * f.samples)
   AND f.cust NOT IN (SELECT cust FROM temp.server_pattern WHERE fails IS NULL);
INSERT OR REPLACE INTO temp.server_pattern SELECT cust, NULL FROM temp.server_week;

-- Mail and complaints in doubt, under the address; and the customers whom
-- mail in doubt may be of: nothing can be said of the silence of their logs.
DROP TABLE IF EXISTS temp.doubtful;
CREATE TEMP TABLE doubtful (
  cust INTEGER PRIMARY KEY, messages INTEGER, first INTEGER, last INTEGER, why TEXT);
INSERT INTO temp.doubtful
SELECT cust, sum(mail), min(first), max(last), min(n.text)
  FROM (SELECT cust, 1 AS mail, time AS first, time AS last, doubt
          FROM temp.attributed WHERE doubt IS NOT NULL AND what = 'm'
        UNION ALL
        SELECT cust, 0, NULL, NULL, doubt FROM temp.flow_doubt) d
  JOIN temp.doubt_name n ON n.doubt = d.doubt
 GROUP BY cust;
DROP TABLE IF EXISTS temp.maybe_mail;
CREATE TEMP TABLE maybe_mail (cust INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO temp.maybe_mail
SELECT text_no(customer) FROM temp.candidate WHERE mail;

DROP TABLE IF EXISTS temp.complained;
CREATE TEMP TABLE complained (cust INTEGER PRIMARY KEY, n INTEGER);
INSERT INTO temp.complained
SELECT cust, count(*) FROM temp.attributed
 WHERE what = 'c' AND doubt IS NULL GROUP BY cust;

-- The class: the first line that holds.  NULL: nothing to say (flows in hours
-- without logs only, server packets only, complaints only), and no finding.
DROP TABLE IF EXISTS temp.classed;
CREATE TEMP TABLE classed (
  cust INTEGER PRIMARY KEY, customer TEXT, rank INTEGER, scope TEXT, class TEXT, kind TEXT,
  first INTEGER, last INTEGER,
  facts INTEGER);                    -- of each kind, so many are shown
INSERT INTO temp.classed
SELECT c.cust, c.customer, c.rank, c.scope, c.class,
       CASE WHEN c.class = 'confirmed' THEN
              CASE WHEN c.fired_spam AND c.fired_virus THEN 'both'
                   WHEN c.fired_virus THEN 'virus' ELSE 'spam' END
            WHEN c.class = 'below_threshold' THEN
              CASE WHEN c.spam_messages > 0 AND c.virus_messages > 0 THEN 'both'
                   WHEN c.virus_messages > 0 THEN 'virus' ELSE 'spam' END END,
       CASE WHEN c.class IN ('confirmed', 'below_threshold') THEN coalesce(c.adverse_first, c.mail_first)
            WHEN c.class = 'clean' THEN c.mail_first
            WHEN c.class = 'ambiguous' THEN coalesce(c.doubt_mail_first, c.doubt_flow_first, c.flow_first)
            ELSE c.flow_first END,
       CASE WHEN c.class IN ('confirmed', 'below_threshold') THEN coalesce(c.adverse_last, c.mail_last)
            WHEN c.class = 'clean' THEN c.mail_last
            WHEN c.class = 'ambiguous' THEN coalesce(c.doubt_mail_last, c.doubt_flow_last, c.flow_last)
            ELSE c.flow_last END,
       iif(c.class = 'below_threshold' AND c.scope = 'remote', c.remote_evidence_max, c.evidence_max)
  FROM (SELECT w.*, run.evidence_max, run.remote_evidence_max, g.first AS mail_first, g.last AS mail_last,
               g.adverse_first, g.adverse_last, g.spam_messages, g.virus_messages,
               f.first AS flow_first, f.last AS flow_last,
               d.first AS doubt_mail_first, d.last AS doubt_mail_last,
               f.doubt_first AS doubt_flow_first, f.doubt_last AS doubt_flow_last,
               EXISTS (SELECT 1 FROM temp.fired x WHERE x.customer = w.customer AND x.kind = 'spam') AS fired_spam,
               EXISTS (SELECT 1 FROM temp.fired x WHERE x.customer = w.customer AND x.kind = 'virus') AS fired_virus,
               CASE WHEN EXISTS (SELECT 1 FROM temp.fired x WHERE x.customer = w.customer) THEN 'confirmed'
                    WHEN g.adverse > 0 THEN 'below_threshold'
                    WHEN d.messages > 0 OR coalesce(f.doubtful, 0) > 0 THEN 'ambiguous'
                    WHEN g.transactions > 0 THEN 'clean'
                    WHEN coalesce(f.client, 0) < run.flow_client_min THEN NULL
                    WHEN w.scope = 'remote' THEN NULL
                    WHEN f.client_covered = 0 THEN NULL
                    WHEN w.cust IN (SELECT cust FROM temp.maybe_mail) THEN 'ambiguous'
                    WHEN f.allowed OR p.cust IS NOT NULL AND p.fails IS NULL THEN 'flow_only_expected'
                    ELSE 'flow_only_suspect' END AS class
          FROM temp.run
          JOIN temp.who w
          LEFT JOIN temp.figures g ON g.cust = w.cust
          LEFT JOIN temp.flow_figures f ON f.cust = w.cust
          LEFT JOIN temp.server_pattern p ON p.cust = w.cust
          LEFT JOIN temp.doubtful d ON d.cust = w.cust
         LIMIT -1) c -- so that the class is made once
 WHERE c.class IS NOT NULL
   -- of the rest of the world only what speaks against someone is kept
   AND (c.scope <> 'remote' OR c.class <> 'clean');

-- flow_support of the confirmed.  k = packets that the client sent for the
-- messages an agent could have seen; P(miss) = (1 - 1/N)^k with the largest N
-- of the hour.  Inside: from our own prefixes or leases to our own servers,
-- which only an internal agent sees.
DROP TABLE IF EXISTS temp.visible;
CREATE TEMP TABLE visible (
  hour INTEGER, ours INTEGER, rate INTEGER, PRIMARY KEY (hour, ours)) WITHOUT ROWID;
INSERT INTO temp.visible
SELECT hour, vantage = 'internal', max(rate)
  FROM temp.flow_hour
 GROUP BY 1, 2;
DROP TABLE IF EXISTS temp.support;
CREATE TEMP TABLE support (
  cust INTEGER PRIMARY KEY, in_window INTEGER, visible INTEGER, ln_miss REAL, rate INTEGER);
INSERT INTO temp.support
SELECT k.cust,
       slots_client(k.cust, k.first, k.last),
       count(v.rate),
       sum(run.packets_per_message *
           CASE WHEN v.rate > 1 THEN ln(1.0 - 1.0 / v.rate)
                WHEN v.rate = 1 THEN -1000.0 END),
       max(v.rate)
  FROM temp.run
 CROSS JOIN temp.classed k
 CROSS JOIN temp.day_message m
    ON m.cust = k.cust AND m.received BETWEEN k.first AND k.last AND m.addr IS NOT NULL
  LEFT JOIN temp.day_addr a ON a.addr = m.addr
  LEFT JOIN temp.visible v ON v.hour = m.received - m.received % 3600000000
   AND v.ours = coalesce(a.inside OR a.leased OR a.own_host, 0)
 WHERE k.class = 'confirmed'
 GROUP BY k.cust;
