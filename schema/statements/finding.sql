-- What the verbs findings, explain and chart read.

-- ?9: without the JSON, of which a table for people shows nothing.
-- name: findings
SELECT date(f.day * 86400, 'unixepoch') AS day, f.customer, f.attributed_by, f.scope,
       iif(?9, NULL, (SELECT json_group_array(q.text)
          FROM (SELECT a.text FROM finding_addr x JOIN addr a ON a.id = x.addr
                 WHERE x.day = f.day AND x.customer = f.customer ORDER BY a.bytes) q)) AS addrs,
       f.class, f.kind, f.flow_support, f.first_seen, f.last_seen, iif(?9, NULL, f.log),
       iif(?9, NULL, json_set(f.flow, '$.est_syn_low', est_low(g.est_syn, g.syn),
                                      '$.est_syn_high', est_high(g.est_syn, g.syn))),
       f.complaints, f.confidence,
       c.state, date(c.first_day * 86400, 'unixepoch'),
       iif(c.round IS NULL, NULL,
         (SELECT count(DISTINCT p.day) FROM case_part p
           WHERE p.customer = f.customer AND p.round = c.round AND p.day <= f.day)),
       f.reason,
       -- facts are joined as they are: json_group_array would read each of them again
       iif(?9, NULL, (SELECT '[' || coalesce(group_concat(q.fact), '') || ']'
          FROM (SELECT json_object('kind', e.kind,
                         'time', strftime('%Y-%m-%dT%H:%M:%S', e.time / 1000000, 'unixepoch')
                                 || printf('.%03dZ', e.time / 1000 % 1000),
                         'text', e.text,
                         'message_key', iif(e.message_key IS NULL, NULL, printf('%016x', e.message_key)),
                         'source', s.text, 'offset', e."offset", 'line', e.line) AS fact
                  FROM finding_evidence e LEFT JOIN name s ON s.id = e.source
                 WHERE e.day = f.day AND e.customer = f.customer ORDER BY e.n) q)) AS evidence,
       f.watermark, n.mail_hours, n.flow_hours, n.hours
  FROM finding f
  JOIN finding_figure g ON g.day = f.day AND g.customer = f.customer
  LEFT JOIN correlation_run n ON n.day = f.day
  -- the case of a confirmed finding is that of its last event
  LEFT JOIN abuse_case c ON f.class = 'confirmed' AND f.scope <> 'remote'
   AND c.customer = f.customer
   AND c.round = (SELECT count(*) FROM action a
                   WHERE a.customer = f.customer AND a.action IN ('fixed', 'innocent')
                     AND a.time <= f.last_seen)
 WHERE (?1 IS NULL OR f.day = ?1)
   AND (?2 IS NULL OR f.class = ?2)
   AND (?3 IS NULL OR f.last_seen >= ?3)
   AND (?4 IS NULL OR f.first_seen < ?4)
   AND (?5 IS NULL OR f.customer = ?5)
   AND (?6 IS NULL OR f.scope = ?6)
   AND (?7 IS NULL OR c.state = ?7)
   AND (?8 IS NULL OR c.first_day = f.day)
 ORDER BY f.day,
       CASE f.class WHEN 'confirmed' THEN 1 WHEN 'below_threshold' THEN 2
            WHEN 'flow_only_suspect' THEN 3 WHEN 'ambiguous' THEN 4
            WHEN 'flow_only_expected' THEN 5 ELSE 6 END,
       f.customer;

-- The last day of a customer, or the day ?2.
-- name: finding_day
SELECT max(day) FROM finding_figure WHERE customer = ?1 AND (?2 IS NULL OR day = ?2);

-- name: finding_head
SELECT f.day, f.attributed_by, f.scope, f.class, f.kind, f.flow_support,
       f.first_seen, f.last_seen, f.complaints, f.confidence, f.reason, r.watermark,
       r.timezone, r.mail_hours, r.flow_hours, r.hours, r.imports,
       f.transactions, f.messages, f.recipients, f.spam, f.virus, f.adverse_delivered,
       f.senders, f.mail_doubtful, f.client, f.client_in_window,
       f.p_miss, f.p_miss_messages, f.rate, f.window,
       c.state, date(c.first_day * 86400, 'unixepoch'), c.days_active,
       (SELECT group_concat(q.rule, ', ')
          FROM (SELECT DISTINCT rule FROM finding_rule
                 WHERE customer = f.customer AND day = f.day ORDER BY rule) q)
  FROM finding_figure f JOIN correlation_run r ON r.day = f.day
  LEFT JOIN abuse_case c ON f.class = 'confirmed' AND f.scope <> 'remote'
   AND c.customer = f.customer
   AND c.round = (SELECT count(*) FROM action a
                   WHERE a.customer = f.customer AND a.action IN ('fixed', 'innocent')
                     AND a.time <= f.last_seen)
 WHERE f.customer = ?1 AND f.day = ?2;

-- name: finding_addrs
SELECT a.text, x.messages, x.samples
  FROM finding_addr x JOIN addr a ON a.id = x.addr
 WHERE x.customer = ?1 AND x.day = ?2
 ORDER BY x.messages DESC, x.samples DESC, a.bytes;

-- Logins that name the customer, and from where, as in schema/correlate/30_claim.sql:
-- an address may have been another customer's by its lease, who is not meant.
-- name: finding_logins
WITH part AS MATERIALIZED (
  SELECT x.addr, a.bytes, a.text, r.day_start, r.day_end
    FROM finding_figure f
    JOIN correlation_run r ON r.day = f.day
    JOIN finding_addr x ON x.day = f.day AND x.customer = f.customer
    JOIN addr a ON a.id = x.addr
   WHERE f.customer = ?1 AND f.day = ?2 AND f.attributed_by = 'auth_user'),
mail AS MATERIALIZED (
  SELECT m.auth_user, p.addr, p.bytes, p.text, m.client_port AS port,
         m.received - coalesce(k.ahead, 0) AS time, m.verdict
    FROM part p
   CROSS JOIN mail_hour h
   CROSS JOIN mail_message m ON m.hour = h.hour AND m.client = p.addr
    LEFT JOIN clock k ON k.kind = 'mail' AND k.ref = m.host
   WHERE m.auth_user IS NOT NULL AND m.parent_queue_id IS NULL
     AND m.received - coalesce(k.ahead, 0) >= p.day_start
     AND m.received - coalesce(k.ahead, 0) < p.day_end),
login AS MATERIALIZED (
  SELECT n.id, n.text,
         coalesce((SELECT c.customer FROM account c WHERE c.auth_user = n.text),
                  (SELECT min(c.customer) FROM account c
                    WHERE c.auth_user = n.text COLLATE NOCASE
                   HAVING count(DISTINCT c.customer) = 1), n.text) AS customer
    FROM (SELECT DISTINCT auth_user FROM mail) d JOIN name n ON n.id = d.auth_user),
wide AS MATERIALIZED (
  SELECT id, first, last FROM lease WHERE first < last),
held AS MATERIALIZED (
  SELECT q.addr, l.customer, l.port_first, l.port_last, l.start - q.ahead AS start,
         l.until - q.ahead AS until
    FROM (SELECT s.addr, s.lease, coalesce(k.ahead, 0) AS ahead
            FROM (SELECT p.addr, l.id AS lease FROM part p
                    JOIN lease l ON l.first = p.bytes AND l.last = p.bytes
                  UNION ALL
                  SELECT p.addr, w.id FROM part p
                    JOIN wide w ON w.first <= p.bytes AND w.last >= p.bytes) s
            JOIN lease x ON x.id = s.lease AND x.inside IS NULL
            LEFT JOIN clock k ON k.kind = 'lease' AND k.ref = x.ledger) q
    JOIN lease_held l ON l.id = q.lease)
SELECT text, client, count(*) AS transactions, sum(adverse) AS adverse,
       (SELECT count(*) FROM (SELECT DISTINCT n.id, m.addr FROM mail m JOIN login n ON n.id = m.auth_user
                               WHERE n.customer = ?1)) AS places,
       group_concat(DISTINCT other) AS others
  FROM (SELECT n.text, m.text AS client, m.bytes, coalesce(m.verdict IN (5, 6), 0) AS adverse,
               (SELECT min(h.customer) FROM held h
                 WHERE h.addr = m.addr AND h.customer <> ?1
                   AND coalesce(h.start, -4611686018427387904) <= m.time
                   AND coalesce(h.until, 4611686018427387904) > m.time
                   AND (h.port_first IS NULL OR m.port BETWEEN h.port_first AND h.port_last)) AS other
          FROM mail m JOIN login n ON n.id = m.auth_user
         WHERE n.customer = ?1)
 GROUP BY text, bytes
 ORDER BY sum(count(*)) OVER (PARTITION BY text) DESC, text, count(*) DESC, bytes;

-- The meaning of a metric stands where it is first named.
-- name: finding_rules
SELECT r.rule, d.summary, r.metric, r.value, r.at_least, r.at_most, r.source,
       iif(row_number() OVER (PARTITION BY r.metric ORDER BY r.rule, r.n) = 1, m.meaning, NULL),
       nullif(m.unit, 'share'),
       row_number() OVER (PARTITION BY r.metric, r.at_least, r.at_most ORDER BY r.rule, r.n) = 1,
       dense_rank() OVER (ORDER BY r.rule), r.n = min(r.n) OVER (PARTITION BY r.rule)
  FROM finding_rule r
  LEFT JOIN detect_rule d ON d.rule = r.rule
  LEFT JOIN metric_name m ON m.metric = r.metric
 WHERE r.customer = ?1 AND r.day = ?2
 ORDER BY r.rule, r.n;

-- Decisions of sequential tests; spam of a clean and of an infected customer.
-- name: finding_sprt
SELECT rule, time, verdicts, spam, theta0, theta1, alpha, beta, source
  FROM finding_sprt
 WHERE customer = ?1 AND day = ?2
 ORDER BY rule;

-- Facts, with what a log line must hold to be the one that was read.
-- name: finding_facts
SELECT e.kind, e.time, e.text, s.text AS source, e."offset", e.line,
       m.queue_id, m.message_id,
       (SELECT r.final_queue_id FROM mail_recipient r
         WHERE r.message = m.id AND r.source = e.source AND r."offset" = e."offset"
           AND r.final_queue_id IS NOT NULL LIMIT 1) AS final_queue_id,
       c.text AS client, n.text AS sender,
       -- what is stored of a line has the log's own time, mail in doubt the right one
       iif(e.kind IN ('verdict', 'delivery') AND e.text NOT LIKE 'in doubt %', k.ahead, NULL) AS ahead,
       iif(e.kind = 'sample' AND NOT EXISTS (SELECT 1 FROM clock WHERE kind = 'flow' AND ahead <> 0),
           (SELECT group_concat(q.text, ', ')
              FROM (SELECT DISTINCT d.text FROM smtp_sample s JOIN addr d ON d.id = s.dst
                     WHERE s.time >= e.time AND s.time < (e.time / 300000000 + 1) * 300000000
                       AND s.src = e.addr
                     ORDER BY s.time LIMIT 3) q), NULL) AS peers
  FROM finding_evidence e
  LEFT JOIN name s ON s.id = e.source
  LEFT JOIN mail_message m ON m.message_key = e.message_key
       AND m.slot IN (SELECT slot FROM day_slot WHERE day = ?2)
  LEFT JOIN addr c ON c.id = m.client
  LEFT JOIN name n ON n.id = m.sender
  LEFT JOIN clock k ON k.kind = 'mail' AND k.ref = m.host AND k.ahead <> 0
 WHERE e.customer = ?1 AND e.day = ?2
 ORDER BY e.n;

-- Clocks that were corrected, of the logs and leases of the facts.
-- name: finding_clocks
SELECT n.text, k.ahead FROM clock k JOIN name n ON n.id = k.ref
 WHERE k.kind = 'mail' AND k.ahead <> 0
   AND k.ref IN (SELECT m.host FROM finding_evidence e
                   JOIN mail_message m ON m.message_key = e.message_key
                    AND m.slot IN (SELECT slot FROM day_slot WHERE day = ?2)
                  WHERE e.customer = ?1 AND e.day = ?2)
UNION ALL
SELECT l.path, k.ahead FROM clock k JOIN ledger l ON l.id = k.ref
 WHERE k.kind = 'lease' AND k.ahead <> 0
   AND EXISTS (SELECT 1 FROM finding_evidence e
                WHERE e.customer = ?1 AND e.day = ?2 AND e.kind = 'lease'
                  AND instr(e.text, l.path || ':') > 0)
 ORDER BY 1;

-- Of an address in doubt: all its mail of the day, and what filters called it.
-- name: finding_doubt
SELECT count(*), sum(m.verdict IS 5), sum(m.verdict IS 6)
  FROM finding_addr x
  JOIN correlation_run r ON r.day = x.day
 CROSS JOIN mail_hour h
 CROSS JOIN mail_message m ON m.hour = h.hour AND m.client = x.addr
  LEFT JOIN clock k ON k.kind = 'mail' AND k.ref = m.host
 WHERE x.customer = ?1 AND x.day = ?2 AND m.parent_queue_id IS NULL
   AND m.received - coalesce(k.ahead, 0) >= r.day_start
   AND m.received - coalesce(k.ahead, 0) < r.day_end;

-- Where the logs of the finding are now: a file that was renamed is known again
-- by the next import.  What each held, and a day for clocks and zones.
-- name: finding_files
SELECT DISTINCT l.path
  FROM finding_figure f JOIN ledger l ON l.kind = 'mail' AND l.path <> '-'
   AND l.first_time <= f.last_seen + 86400000000
   AND l.last_time >= f.first_seen - 86400000000
 WHERE f.customer = ?1 AND f.day = ?2
 ORDER BY l.path;

-- What speaks against a finding, in words; a row for each.
-- name: finding_against
WITH f AS (
  SELECT f.*, r.mail_hours, r.hours
    FROM finding_figure f JOIN correlation_run r ON r.day = f.day
   WHERE f.customer = ?1 AND f.day = ?2)
SELECT text FROM (
  SELECT 0 AS n, printf('%s: %s (%s)', q.rule, d.summary, q.words) AS text
    FROM (SELECT r.rule, group_concat(printf('%s %.6g', r.metric, r.value), ', ') AS words
            FROM (SELECT * FROM finding_role WHERE customer = ?1 AND day = ?2 ORDER BY rule, n) r
           GROUP BY r.rule) q
    LEFT JOIN detect_rule d ON d.rule = q.rule
  UNION ALL
  SELECT 0, printf('rule %s would fire, too, but %s explains what it saw', t.rule, t.taken_by)
    FROM finding_taken t WHERE t.customer = ?1 AND t.day = ?2
  UNION ALL
  SELECT -1, 'no filter called any message spam or a virus: the finding rests on figures alone'
    FROM f WHERE class = 'confirmed' AND coalesce(spam, 0) + coalesce(virus, 0) = 0
  UNION ALL
  SELECT 1, 'many senders to few recipients: mail that is forwarded, spam included, looks like this'
    FROM f WHERE class IN ('confirmed', 'below_threshold') AND distinct_recipients <= 3 AND sender_domains >= 10
      AND NOT EXISTS (SELECT 1 FROM finding_role r
                       WHERE r.customer = ?1 AND r.day = ?2 AND r.metric = 'passed_on_share')
  UNION ALL
  SELECT 2, 'one message only' FROM f
   WHERE class IN ('confirmed', 'below_threshold') AND spam + virus = 1
  UNION ALL
  SELECT 2, printf('our logs begin %d days before: a server that many share is known by senders that come back after a week', b.days)
    FROM f, (SELECT (r.day_start - min(c.hour)) / 86400000000 AS days
               FROM correlation_run r, coverage c
              WHERE r.day = ?2 AND c.kind = 'mail' AND c.lines > 0) b
   WHERE class = 'confirmed' AND b.days < 7
     AND EXISTS (SELECT 1 FROM finding_rule WHERE customer = ?1 AND day = ?2 AND rule = 'extrusion_new')
  UNION ALL
  SELECT 3, 'one filter only says so' FROM f
   WHERE class IN ('confirmed', 'below_threshold') AND json_array_length(filters) = 1
  UNION ALL
  SELECT 4, printf('%d of %d messages were called clean', clean, messages) FROM f
   WHERE class IN ('confirmed', 'below_threshold') AND clean > 0
  UNION ALL
  SELECT 5, 'the address is in our prefixes, but no lease says whose it was' FROM f
   WHERE scope = 'own_unassigned'
  UNION ALL
  SELECT 5, printf('no end of %s''s lease of %s was told: it was last heard of at %s, and this goes on until %s; %s',
                   h.customer, x.text, strftime('%Y-%m-%dT%H:%M:%SZ', l.seen / 1000000, 'unixepoch'),
                   strftime('%Y-%m-%dT%H:%M:%SZ', f.last_seen / 1000000, 'unixepoch'),
                   iif(h.sure IS NULL, 'no interval of its updates is known, so that silence says nothing',
                       printf('its updates come every %d min',
                              l.beat / 60000000)))
    FROM f JOIN finding_addr a ON a.day = f.day AND a.customer = f.customer
    JOIN addr x ON x.id = a.addr
    JOIN lease l ON l.id IN (
           SELECT id FROM lease WHERE first = x.bytes AND last = x.bytes
           UNION ALL
           SELECT id FROM lease WHERE first < last AND first <= x.bytes AND last >= x.bytes)
    JOIN lease_held h ON h.id = l.id
   WHERE l."end" IS NULL AND l.grace IS NOT NULL AND class <> 'clean'
     AND l.seen < f.last_seen AND h.until > f.first_seen AND coalesce(h.start, f.last_seen) <= f.last_seen
     AND (l.customer = f.customer OR class = 'ambiguous')
  UNION ALL
  SELECT 6, printf('%d more messages of the address are in doubt and were not counted', mail_doubtful) FROM f
   WHERE class <> 'ambiguous' AND mail_doubtful > 0
  UNION ALL
  SELECT 7, 'an agent could have sampled this mail and did not (P(miss) says how likely that is)' FROM f
   WHERE flow_support = 'not_seen'
  UNION ALL
  SELECT 8, 'no log speaks against this customer: sending mail past our servers is no abuse by itself' FROM f
   WHERE class LIKE 'flow_only%'
  UNION ALL
  SELECT 9, 'no SYN among the samples: who opened the connections is not certain' FROM f
   WHERE class LIKE 'flow_only%' AND client_strong = 0
  UNION ALL
  SELECT 10, 'a single sampled packet' FROM f WHERE class LIKE 'flow_only%' AND client = 1
  UNION ALL
  SELECT 11, 'it is not known who had the address at that time: nobody may be blamed' FROM f
   WHERE class = 'ambiguous'
  UNION ALL
  SELECT 12, printf('our logs cover %d of the day''s %d hours', mail_hours, hours) FROM f
   WHERE mail_hours < hours)
 ORDER BY n, text;

-- Days from ?1 to before ?2, one row each; days without a run have NULLs.
-- name: chart_customers
WITH RECURSIVE d (day) AS (
  SELECT ?1 WHERE ?1 < ?2 UNION ALL SELECT day + 1 FROM d WHERE day + 1 < ?2)
SELECT date(d.day * 86400, 'unixepoch') AS day,
       -- without logs nobody was counted
       iif(c.covered, c.spam, NULL), iif(c.covered, c.virus, NULL), iif(c.covered, c.both, NULL),
       iif(c.covered, c.report, NULL),
       iif(c.covered, c.spam + c.virus + c.both + c.report, NULL) AS total,
       iif(c.covered, c.below_threshold, NULL), iif(c.covered, c.flow_only_suspect, NULL),
       iif(c.covered, c.ambiguous, NULL),
       c.mail_hours, c.flow_hours, c.hours, c.covered, c.timezone
  FROM d LEFT JOIN daily_customers c ON c.day = d.day
 ORDER BY d.day;

-- name: chart_bounds
SELECT min(day), max(day) FROM correlation_run;
