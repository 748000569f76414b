-- Step 19: the findings themselves, in the words and figures that people read.

-- Confidence in percent: an order, and no probability (doc/classes.md).
DROP TABLE IF EXISTS temp.judged;
CREATE TEMP TABLE judged AS
SELECT c.*, run.day, run.window,
       s.in_window, s.visible, s.ln_miss, s.rate,
       CASE WHEN c.class <> 'confirmed' THEN NULL
            WHEN coalesce(s.in_window, 0) > 0 THEN 'seen'
            WHEN coalesce(s.visible, 0) > 0 THEN 'not_seen' ELSE 'not_visible' END AS flow_support,
       iif(c.class <> 'confirmed', 0,
           (SELECT count(*) FROM temp.fired x WHERE x.customer = c.customer)) AS rules,
       iif(c.class <> 'confirmed', 0,
           (SELECT count(DISTINCT x.filter) FROM temp.said x WHERE x.cust = c.cust)) AS filters,
       k.innocent, k.taken,
       -- what the counts of client packets are of
       CASE WHEN NOT EXISTS (SELECT 1 FROM temp.list_agent) THEN 'client packets sampled'
            ELSE (SELECT CASE WHEN max(l.agent) IS NULL THEN 'client packets sampled'
                              WHEN count(l.agent) = count(*) THEN 'connections told by a sender list'
                              ELSE 'client packets sampled or told by a sender list' END
                    FROM temp.flow_addr a
                    JOIN main.sender_slot t ON t.addr = a.addr
                     AND t.slot > run.day_start - run.window - 300000000
                     AND t.slot < run.day_end + run.window
                     AND t.client_strong + t.client_weak > 0
                    LEFT JOIN temp.list_agent l ON l.agent = t.agent
                   WHERE a.cust = c.cust) END AS counted
  FROM temp.run
 CROSS JOIN temp.classed c
  LEFT JOIN temp.support s ON s.cust = c.cust
  LEFT JOIN temp.spoken k ON k.customer = c.customer
 ORDER BY c.customer; -- as the findings are written

-- The lists of names, where one of them has something in it.
DROP TABLE IF EXISTS temp.listed;
CREATE TEMP TABLE listed (
  cust INTEGER PRIMARY KEY, filters TEXT, signatures TEXT, rules TEXT, against TEXT);
INSERT INTO temp.listed
SELECT j.cust,
       iif(g.adverse > 0, (SELECT nullif(json_group_array(q.text), '[]')
                             FROM (SELECT DISTINCT n.text
                                     FROM temp.said x JOIN main.name n ON n.id = x.filter
                                    WHERE x.cust = j.cust
                                    ORDER BY n.text) q), NULL),
       iif(g.adverse > 0, (SELECT nullif(json_group_array(q.text), '[]')
                             FROM (SELECT DISTINCT n.text
                                     FROM temp.said x JOIN main.name n ON n.id = x.signature
                                    WHERE x.cust = j.cust
                                    ORDER BY n.text LIMIT 10) q), NULL),
       iif(j.rules > 0, (SELECT nullif(json_group_array(q.rule), '[]')
                           FROM (SELECT x.rule FROM temp.fired x
                                  WHERE x.customer = j.customer ORDER BY x.rule) q), NULL),
       (SELECT nullif(json_group_array(q.rule), '[]')
          FROM (SELECT x.rule FROM temp.finding_role x
                 WHERE x.day = j.day AND x.customer = j.customer AND x.n = 1
                 ORDER BY x.rule) q)
  FROM temp.run CROSS JOIN temp.judged j
  LEFT JOIN temp.figures g ON g.cust = j.cust
 WHERE g.adverse > 0 OR j.rules > 0
    OR j.customer IN (SELECT x.customer FROM temp.finding_role x WHERE x.day = run.day);

DROP VIEW IF EXISTS temp.finding_figure;
-- Made when it is taken, like the facts.
CREATE TEMP VIEW finding_figure (
  day, customer, attributed_by, scope, class, kind, flow_support, first_seen, last_seen,
  complaints, confidence, reason, transactions, messages, recipients, distinct_recipients,
  recipient_domains, spam, own_spam, virus, banned, listed, clean, adverse_delivered, senders,
  canonical_senders, sender_domains, helos, null_senders, tried_recipients, failed_recipients,
  tempfailed_recipients, unknown_recipients, auth_addresses, mail_doubtful, mail_first,
  mail_last, filters, signatures, rules, against, samples, client, client_strong, syn, est_syn,
  answered, rst, flow_hours, server_strong, server_weak, expected, slots, flow_doubtful,
  flow_first, flow_last, window, client_in_window, p_miss, p_miss_messages, rate) AS
SELECT j.day, j.customer,
       CASE j.rank WHEN 1 THEN 'auth_user' WHEN 2 THEN 'lease' WHEN 3 THEN 'own_address' ELSE 'remote' END,
       j.scope, j.class, j.kind, j.flow_support, j.first, j.last,
       coalesce(p.n, 0),
       CASE j.class
            WHEN 'confirmed' THEN
              max(30, min(95, 60 + iif(g.adverse >= 10, 15, 0)
                + iif(j.rules > 1 OR j.filters > 1, 10, 0)
                + iif(j.flow_support = 'seen', 10, 0)
                + iif(j.rank <= 2, 5, 0) - iif(j.innocent IS NULL, 0, 20)))
            WHEN 'below_threshold' THEN 30
            WHEN 'flow_only_suspect' THEN iif(f.client_strong > 0, 20, 10)
            WHEN 'flow_only_expected' THEN 5
            WHEN 'ambiguous' THEN 0 END / 100.0,
       CASE j.class
            WHEN 'confirmed' THEN
              (SELECT group_concat(q.words, '; ')
                 FROM (SELECT 'rule ' || r.rule || ': '
                              || (SELECT group_concat(z.words, ', ')
                                    FROM (SELECT printf('%s %s %s %g', y.metric,
                                                   iif(y.value = round(y.value), printf('%d', y.value), printf('%.2f', y.value)),
                                                   iif(y.at_least IS NULL, '<=', '>='),
                                                   coalesce(y.at_least, y.at_most)) AS words
                                            FROM temp.finding_rule y
                                           WHERE y.day = j.day AND y.customer = j.customer AND y.rule = r.rule
                                           ORDER BY y.n) z) AS words
                         FROM temp.fired r WHERE r.customer = j.customer ORDER BY r.rule) q)
              || CASE j.flow_support
                   WHEN 'seen' THEN printf('; flows: %d %s within %d s', j.in_window, j.counted, j.window / 1000000)
                   WHEN 'not_seen' THEN printf('; flows: none sampled, at 1 in %d, P(miss) %.4f', j.rate, exp(j.ln_miss))
                   ELSE '; flows: no agent sees this path' END
              || coalesce('; ' || j.taken, '')
              || coalesce('; speaks against it: ' || j.innocent, '')
            WHEN 'below_threshold' THEN
              printf('%d spam and %d virus verdicts in %d messages',
                     g.spam_messages, g.virus_messages, g.messages)
              || coalesce(
                   (SELECT '; nearest rule ' || e.rule || ': ' || group_concat(
                             printf(iif(m.value = round(m.value), '%s %d %s %g', '%s %.3g %s %g'),
                                    a.metric, m.value, iif(m.value < a.at_least, '<', '>'),
                                    coalesce(a.at_least, a.at_most)), ', ')
                      FROM temp.nearest e
                      JOIN temp.asks a ON a.rule = e.rule
                      JOIN temp.metric m ON m.customer = e.customer AND m.metric = a.key
                     WHERE e.customer = j.customer
                       AND (m.value < a.at_least OR m.value > a.at_most)),
                   ', less than any rule asks')
              || iif(g.own_spam_messages < g.spam_messages,
                     printf('; %d of the spam may be bounces or forwarded, by its sender',
                            g.spam_messages - g.own_spam_messages), '')
              || coalesce('; ' || j.taken, '')
              || coalesce('; speaks against it: ' || j.innocent, '')
              || iif(r.cust IS NULL, '',
                     (SELECT printf('; %d messages of him are known of %d day%s with mail, %d %% of them to recipients of several senders',
                                    r.messages, days, iif(days = 1, '', 's'), 100 * r.passed_on_share)
                        FROM (SELECT 1 + iif(b.mail, s.days, 0) AS days
                                FROM temp.recent_span s
                                LEFT JOIN temp.recent_asked b ON b.cust = j.cust)))
            WHEN 'flow_only_suspect' THEN
              printf('%d %s in hours our logs cover, and no log record', f.client_covered, j.counted)
              || coalesce('; answers SMTP itself, but ' || k.fails, '')
            WHEN 'flow_only_expected' THEN
              printf('%d %s and no log record; ', f.client_covered, j.counted)
              || iif(f.allowed, 'allow-listed', coalesce(n.words,
                     printf('answers SMTP itself, as a mail server does: %d SYN/ACK sent, %d packets as server and %d as client in %d hours, %d of %d SYNs answered, %d RST',
                            f.server_strong, f.server_strong + f.server_weak, f.client, f.hours, f.answered, f.syn, f.rst)))
            WHEN 'clean' THEN
              printf('%d transactions, nothing adverse', g.transactions)
              || coalesce('; ' || j.taken || ': ' || j.innocent, '')
            ELSE CASE coalesce(d.why, 'maybe_mail')
                   WHEN 'shared_address' THEN 'shared_address: customers share the address by ports, and no port is known'
                   WHEN 'lease_change' THEN 'lease_change: the address changed hands within the clock error'
                   WHEN 'overlapping_leases' THEN 'overlapping_leases: leases name several customers for the same time'
                   WHEN 'lease_edge' THEN 'lease_edge: by the leases nobody had the address at that time, and one customer within the clock error'
                   WHEN 'lease_silent' THEN 'lease_silent: the session had not been heard of for long, and may have been over'
                   ELSE 'maybe_mail: flows, and mail of the same address that may be of another customer' END
              || coalesce('; may be of ' ||
                   (SELECT group_concat(q.customer, ' or ')
                      FROM (SELECT k.customer FROM temp.candidate k
                             WHERE k.cust = j.cust
                             ORDER BY k.customer LIMIT 8) q), '')
       END,
       coalesce(g.transactions, 0), coalesce(g.messages, 0), coalesce(g.recipients, 0),
       iif(g.cust IS NULL, 0, g.distinct_recipients), iif(g.cust IS NULL, 0, g.recipient_domains),
       coalesce(g.spam_messages, 0), coalesce(g.own_spam_messages, 0), coalesce(g.virus_messages, 0),
       coalesce(g.banned_messages, 0), coalesce(g.listed_messages, 0), coalesce(g.clean_messages, 0),
       coalesce(g.adverse_delivered, 0), iif(g.cust IS NULL, 0, g.senders),
       iif(g.cust IS NULL, 0, g.canonical_senders), iif(g.cust IS NULL, 0, g.sender_domains),
       iif(g.cust IS NULL, 0, g.helos), coalesce(g.null_senders, 0),
       coalesce(g.tried_recipients, 0), coalesce(g.failed_recipients, 0),
       coalesce(g.tempfailed_recipients, 0), coalesce(g.unknown_recipients, 0),
       coalesce(g.auth_addresses, 0), coalesce(d.messages, 0), g.first, g.last,
       l.filters, l.signatures, l.rules, l.against,
       coalesce(f.samples, 0), coalesce(f.client, 0), coalesce(f.client_strong, 0),
       coalesce(f.syn, 0), f.est_syn, coalesce(f.answered, 0), coalesce(f.rst, 0),
       coalesce(f.hours, 0), coalesce(f.server_strong, 0), coalesce(f.server_weak, 0),
       coalesce(f.allowed, 0) OR k.cust IS NOT NULL AND k.fails IS NULL,
       coalesce(f.slots, 0), coalesce(f.doubtful, 0), f.first, f.last,
       j.window / 1000000, j.in_window,
       iif(j.flow_support = 'not_seen', round(exp(j.ln_miss), 4), NULL),
       iif(j.flow_support = 'not_seen', j.visible, NULL),
       iif(j.flow_support = 'not_seen', j.rate, NULL)
  FROM temp.judged j
  LEFT JOIN temp.listed l ON l.cust = j.cust
  LEFT JOIN temp.figures g ON g.cust = j.cust
  LEFT JOIN temp.flow_figures f ON f.cust = j.cust
  LEFT JOIN temp.server_pattern k ON k.cust = j.cust
  LEFT JOIN temp.server_week n ON n.cust = j.cust
  LEFT JOIN temp.doubtful d ON d.cust = j.cust
  LEFT JOIN temp.recent_figures r ON r.cust = j.cust
  LEFT JOIN temp.complained p ON p.cust = j.cust;
