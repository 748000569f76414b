-- Step 17: the addresses, fired rules and facts behind each finding.  At most
-- evidence_max facts of a kind, of a host elsewhere that no rule confirms
-- remote_evidence_max; log.* and flow.* have the full counts.  Orders use times,
-- keys and text, never row ids, so that the order of imports does not show.
INSERT INTO temp.finding_addr (day, customer, addr, messages, samples)
SELECT run.day, c.customer, n.addr, n.messages, n.samples
  FROM temp.run
  JOIN (SELECT cust, addr, sum(messages) AS messages, sum(samples) AS samples
          FROM (SELECT cust, addr, transactions AS messages, 0 AS samples FROM temp.hour_sum
                UNION ALL
                SELECT cust, addr, 1, 0 FROM temp.attributed WHERE what = 'm'
                UNION ALL
                SELECT cust, addr, 0, packets FROM temp.flow_addr)
         WHERE addr > 0
         GROUP BY cust, addr) n
  JOIN temp.classed c ON c.cust = n.cust;

INSERT INTO temp.finding_rule
SELECT run.day, f.customer, f.rule, a.n, a.metric, m.value, a.at_least, a.at_most, a.source
  FROM temp.run
  JOIN temp.fired f
  JOIN temp.asks a ON a.rule = f.rule
  JOIN temp.metric m ON m.customer = f.customer AND m.metric = a.key;
INSERT INTO temp.finding_sprt
SELECT run.day, s.customer, s.rule, s.time, s.verdicts, s.spam, p.theta0, p.theta1, p.alpha, p.beta, p.source
  FROM temp.run
  JOIN temp.sprt s
  JOIN temp.fired f ON f.customer = s.customer AND f.rule = s.rule
  JOIN temp.detect_sprt p ON p.rule = s.rule;

-- What speaks for whom anything speaks against.
INSERT INTO temp.finding_taken
SELECT run.day, t.customer, t.rule, t.taken_by
  FROM temp.run JOIN temp.taken t JOIN temp.classed c ON c.cust = text_no(t.customer);
INSERT INTO temp.finding_role
SELECT run.day, h.customer, h.rule, a.n, a.metric, m.value, a.at_least, a.at_most, a.source
  FROM temp.run
  JOIN temp.hit h ON h.kind = 'innocent'
  JOIN temp.classed c ON c.cust = text_no(h.customer)
   AND (c.class IN ('confirmed', 'below_threshold')
        OR h.customer IN (SELECT customer FROM temp.taken))
  JOIN temp.asks a ON a.rule = h.rule
  JOIN temp.metric m ON m.customer = h.customer AND m.metric = a.key;

-- Of a bot's thousand messages only those are looked at whose facts come first in
-- the end: ties are of one message.
DROP TABLE IF EXISTS temp.shown;
CREATE TEMP TABLE shown (
  message INTEGER PRIMARY KEY, cust INTEGER, adverse INTEGER, reached INTEGER, recipients INTEGER,
  said INTEGER,                      -- 1: what filters said of it
  became INTEGER);                   -- 1: what became of it
INSERT INTO temp.shown
SELECT message, cust, 1, reached, recipients, 1, 0
  FROM (SELECT d.message, d.cust, d.reached, d.recipients, c.facts,
               row_number() OVER (PARTITION BY c.cust
                 ORDER BY NOT d.virus, d.worst, d.message_key) AS n
          FROM temp.day_message d CROSS JOIN temp.classed c ON c.cust = d.cust
         WHERE c.class IN ('confirmed', 'below_threshold') AND d.worst IS NOT NULL)
 WHERE n <= facts
 ORDER BY message;
INSERT INTO temp.shown
SELECT message, cust, adverse, reached, recipients, 0, 1
  FROM (SELECT d.message, d.cust, d.spam OR d.virus AS adverse, d.reached, d.recipients, c.facts,
               row_number() OVER (PARTITION BY c.cust
                 ORDER BY NOT (d.spam OR d.virus), d.outcome, d.message_key) AS n
          FROM temp.day_message d CROSS JOIN temp.classed c ON c.cust = d.cust
         WHERE c.class IN ('confirmed', 'below_threshold') AND d.outcome IS NOT NULL
           AND (d.spam OR d.virus OR c.class = 'confirmed'))
 WHERE n <= facts
 ORDER BY message
    ON CONFLICT (message) DO UPDATE SET became = 1;
-- The messages themselves, which lie apart, are read once.
DROP TABLE IF EXISTS temp.shown_message;
CREATE TEMP TABLE shown_message (
  message INTEGER PRIMARY KEY, message_key INTEGER, client INTEGER,
  named TEXT,                        -- NULL: without a queue id
  by    TEXT);
INSERT INTO temp.shown_message
SELECT m.id, m.message_key, m.client, '; message ' || m.queue_id,
       coalesce(' from <' || e.text || '>', '') || coalesce(' by client ' || x.text, '')
  FROM temp.shown k
 CROSS JOIN main.mail_message m ON m.id = k.message
  LEFT JOIN main.name e ON e.id = m.sender
  LEFT JOIN main.addr x ON x.id = m.client;

-- The same of what flows show.
SELECT slots_show(cust, facts, iif(class = 'confirmed', first, NULL), last)
  FROM temp.classed WHERE class <> 'clean';
SELECT slots_forget();

-- The facts, with "most" as many of a kind as are kept.  Views, here and in step 19: what
-- no step reads is made when it is taken (src/correlate/share.c), and not stored before.
DROP VIEW IF EXISTS temp.fact;
CREATE TEMP VIEW fact AS
SELECT c.cust, c.customer, c.facts AS most, 'rule' AS kind, 1 AS place, 0 AS first_key, NULL AS time,
       printf('rule %s: %s is %g, %s', r.rule, r.metric, r.value,
              iif(r.at_least IS NULL, printf('at most %g', r.at_most), printf('at least %g', r.at_least)))
         || ' is asked (' || r.source || ')' AS text,
       NULL AS message_key, r.n AS n, NULL AS addr, NULL AS source, NULL AS "offset", NULL AS line
  FROM temp.run JOIN temp.finding_rule r ON r.day = run.day
  JOIN temp.classed c ON c.cust = text_no(r.customer)
UNION ALL
-- Before the thresholds, when the sequential test was decided.
SELECT c.cust, c.customer, c.facts, 'rule', 1, -1, s.time,
       printf('rule %s: the sequential test took the customer for infected after %d verdicts, %d of them spam',
              s.rule, s.verdicts, s.spam),
       NULL, 0, NULL, NULL, NULL, NULL
  FROM temp.run JOIN temp.finding_sprt s ON s.day = run.day
  JOIN temp.classed c ON c.cust = text_no(s.customer)
UNION ALL
-- What filters said of spam and virus messages, viruses first.
SELECT c.cust, c.customer, c.facts, 'verdict', 2, -v.verdict, v.time,
       w.text || ' by ' || f.text
         || coalesce(': ' || s.text, '')
         || iif(v.score IS NULL, '', printf(', score %g', v.score))
         || iif(v.threshold IS NULL, '', printf(' of %g', v.threshold))
         || coalesce(', rule ' || r.text, '')
         || coalesce(m.named, '; message without queue id') || m.by
         || printf(', delivered to %d of %d recipients', k.reached, k.recipients),
       m.message_key, v.n, m.client, v.source, v."offset", v.line
  FROM temp.shown k
 CROSS JOIN temp.classed c ON c.cust = k.cust
 CROSS JOIN temp.shown_message m ON m.message = k.message
 CROSS JOIN main.mail_verdict v ON v.message = k.message AND v.verdict IN (5, 6)
 CROSS JOIN main.verdict_name w ON w.id = v.verdict
 CROSS JOIN main.name f ON f.id = v.filter
  LEFT JOIN main.name s ON s.id = v.signature
  LEFT JOIN main.name r ON r.id = v.rule
 WHERE k.said
UNION ALL
-- What became of these messages (place 0), and failed deliveries of others.
SELECT c.cust, c.customer, c.facts, 'delivery', 3, NOT k.adverse, r.time,
       coalesce(p.text, 'no outcome yet') || coalesce(' at ' || g.text, '')
         || coalesce(' for <' || r.recipient || '>', '')
         || iif(r.reply IS NULL, '', printf(', reply %d', r.reply)) || coalesce(' ' || r.dsn, '')
         || coalesce(': ' || r.reason, '') || coalesce(m.named, '') || m.by,
       m.message_key, r.n, m.client, r.source, r."offset", r.line
  FROM temp.shown k
 CROSS JOIN temp.classed c ON c.cust = k.cust
 CROSS JOIN temp.shown_message m ON m.message = k.message
 CROSS JOIN main.mail_recipient r ON r.message = k.message
  LEFT JOIN main.disposition_name p ON p.id = r.disposition
  LEFT JOIN main.stage_name g ON g.id = r.stage
 WHERE k.became
   AND (k.adverse OR c.class = 'confirmed' AND (r.disposition = 3 OR r.disposition = 5 AND r.stage = 5))
UNION ALL
-- Mail in doubt, with those who may have sent it.
SELECT t.cust, t.customer, t.facts, 'delivery', 3, 2, t.time,
       'in doubt (' || u.text || '): message ' || coalesce(m.queue_id, 'without queue id')
         || coalesce(' from <' || e.text || '>', '') || coalesce(', verdict ' || w.text, '')
         || coalesce('; may be of '
              || (SELECT group_concat(q.customer, ' or ')
                    FROM (SELECT DISTINCT h.customer FROM temp.holder h
                           WHERE h.addr = t.addr
                             AND t.time >= h.start - h.clock_error
                             AND t.time < h.until + h.clock_error
                             AND (h.port_first IS NULL OR t.port IS NULL
                                  OR t.port BETWEEN h.port_first AND h.port_last)
                           ORDER BY h.customer LIMIT 8) q), ''),
       m.message_key, 0, t.addr, r.source, r."offset", r.line
  FROM temp.run
  JOIN (SELECT c.customer, c.facts, t.*,
               rank() OVER (PARTITION BY t.cust ORDER BY t.time, m.message_key) AS k
          FROM temp.attributed t
          JOIN temp.classed c ON c.cust = t.cust
          JOIN main.mail_message m ON m.id = t.ref
         WHERE t.what = 'm' AND t.doubt IS NOT NULL) t ON t.k <= t.facts
  JOIN temp.doubt_name u ON u.doubt = t.doubt
  JOIN main.mail_message m ON m.id = t.ref
  LEFT JOIN main.mail_recipient r ON r.message = m.id
   AND r.n = (SELECT min(q.n) FROM main.mail_recipient q WHERE q.message = m.id)
  LEFT JOIN main.verdict_name w ON w.id = m.verdict
  LEFT JOIN main.name e ON e.id = m.sender
UNION ALL
SELECT c.cust, c.customer, c.facts, 'sample', 4, 0, s.first,
       iif(l.agent IS NULL,
           printf('%d client packet%s from %s', s.client, iif(s.client = 1, '', 's'), x.text)
             || iif(s.syn > 0, printf(', %d of them SYN', s.syn), '') || ', sampled at ',
           printf('%d connection%s from %s, no sample: told by ', s.client, iif(s.client = 1, '', 's'), x.text))
         || iif(g.text = '::', coalesce(n.name, 'an agent not told'), g.text)
         || iif(s.rate > 0, printf(', 1 in %d', s.rate), ', rate unknown')
         || iif(s.doubt IS NULL, '', ', holder in doubt'),
       NULL, 0, s.addr, NULL, NULL, NULL
  FROM temp.shown_slot s
 CROSS JOIN temp.classed c ON c.cust = s.cust
 CROSS JOIN main.addr x ON x.id = s.addr
 CROSS JOIN main.addr g ON g.id = s.agent
  LEFT JOIN temp.flow_agent n ON n.agent = s.agent
  LEFT JOIN temp.list_agent l ON l.agent = s.agent
UNION ALL
SELECT DISTINCT c.cust, c.customer, c.facts, 'lease', 5, 0, nullif(h.start, -4611686018427387904),
       x.text || iif(h.port_first IS NULL, '', printf(' ports %d-%d', h.port_first, h.port_last))
         || ' was ' || h.customer || '''s '
         || iif(h.start = -4611686018427387904, 'since ever',
                'from ' || strftime('%Y-%m-%dT%H:%M:%SZ', h.start / 1000000, 'unixepoch'))
         || CASE WHEN l."end" IS NULL AND l.grace IS NOT NULL THEN
                   ', no end was told; last heard of at '
                     || strftime('%Y-%m-%dT%H:%M:%SZ', (l.seen - coalesce(k.ahead, 0)) / 1000000, 'unixepoch')
                     || '; believed until ' || strftime('%Y-%m-%dT%H:%M:%SZ', h.until / 1000000, 'unixepoch')
                     || CASE WHEN l.lapse - coalesce(k.ahead, 0) > h.until THEN ' (others had the address then)'
                             WHEN l.lapse < l.seen + l.grace THEN ' (its server started anew)'
                             ELSE printf(' (grace %g h)', l.grace / 3.6e9) END
                     || iif(h.sure < h.until, ', but in doubt, for silent, from '
                              || strftime('%Y-%m-%dT%H:%M:%SZ', h.sure / 1000000, 'unixepoch'), '')
                 WHEN h.until = 4611686018427387904 THEN ', no end known'
                 ELSE ' until ' || strftime('%Y-%m-%dT%H:%M:%SZ', h.until / 1000000, 'unixepoch') END
         || printf(', clock error %g s (', h.clock_error / 1e6) || l.source
         || coalesce((SELECT ', through ' || i.source
                               || iif(i."end" IS NULL AND i.grace IS NOT NULL,
                                      ', of which no end was told, last heard of at '
                                        || strftime('%Y-%m-%dT%H:%M:%SZ', i.seen / 1000000, 'unixepoch'), '')
                        FROM temp.inside_piece p
                        JOIN main.lease i ON i.id = p.via
                       WHERE p.lease = h.lease AND p.customer = h.customer AND p.start = h.start
                       ORDER BY i.source LIMIT 1), '') || ')',
       NULL, 0, h.addr, NULL, NULL, NULL
  FROM temp.run
 CROSS JOIN temp.classed c
 CROSS JOIN temp.finding_addr fa ON fa.day = run.day AND fa.customer = c.customer
 CROSS JOIN temp.holder h ON h.addr = fa.addr
   AND h.until + h.clock_error >= c.first AND h.start - h.clock_error <= c.last
   AND (h.customer = c.customer OR c.class = 'ambiguous')
 CROSS JOIN main.lease l ON l.id = h.lease
 CROSS JOIN main.addr x ON x.id = h.addr
  LEFT JOIN temp.clock k ON k.kind = 'lease' AND k.ref = l.ledger
 WHERE c.class <> 'clean'
UNION ALL
SELECT c.cust, c.customer, c.facts, 'complaint', 6, 0, k.received,
       k.kind || ' report from ' || k.reporter || ', reported '
         || strftime('%Y-%m-%dT%H:%M:%SZ', k.reported / 1000000, 'unixepoch')
         || coalesce(', about ' || x.text, ''),
       k.message_key, 0, k.addr, NULL, NULL, NULL
  FROM temp.attributed t
  JOIN temp.classed c ON c.cust = t.cust
  JOIN main.complaint k ON k.id = t.ref
  LEFT JOIN main.addr x ON x.id = k.addr
 WHERE t.what = 'c' AND t.doubt IS NULL;
