-- Statements of src/cmd/check.c: what is wrong or doubtful with data and
-- set-up of the time from ?1 to ?2.  A row is: level (1 wrong, 2 doubtful),
-- subject, count, a number if one says it all (value), the fact in words, and
-- what to do if the verb's own advice does not fit.

-- The last hour that was heard of.
-- name: check_last
SELECT max(t) FROM (SELECT max(hour) AS t FROM coverage WHERE lines > 0
                    UNION ALL
                    SELECT max(hour) FROM flow_coverage WHERE samples + smtp_packets > 0);

-- The last mail or flow of the time.
-- name: check_last_event
SELECT max(t) FROM (SELECT max(received) AS t FROM mail_message WHERE received >= ?1 AND received < ?2
                    UNION ALL
                    SELECT max(slot) FROM sender_slot WHERE slot >= ?1 AND slot < ?2);

-- Days with lines or samples that no run of the correlation has seen.
-- name: check_uncorrelated
SELECT 2, date(hour / 1000000, 'unixepoch'), count(*), NULL,
       printf('%d hours with log lines or samples, and no correlation', count(*)), NULL
  FROM (SELECT hour FROM coverage WHERE lines > 0 AND hour > ?1 - 3600000000 AND hour < ?2
        UNION
        SELECT hour FROM flow_coverage
         WHERE samples + smtp_packets > 0 AND hour > ?1 - 3600000000 AND hour < ?2) h
 WHERE NOT EXISTS (SELECT 1 FROM correlation_run r
                    WHERE h.hour < r.day_end AND h.hour + 3600000000 > r.day_start)
 GROUP BY 2 ORDER BY 2;

-- Hours in which nobody wrote a line, and in which no agent was heard; then
-- those of one host or agent that was heard in the time or the week before, and
-- how many of a host's are not covered for it (schema/024_silent.sql).
-- ?3: 'mail' or 'flow'.  Ranges are in UTC, their ends exclusive.
-- name: check_hours
WITH RECURSIVE
heard (origin, hour) AS (
  SELECT n.text, c.hour FROM coverage c JOIN name n ON n.id = c.origin
   WHERE ?3 = 'mail' AND c.kind = 'mail' AND c.lines > 0
     AND c.hour >= ?1 - 604800000000 AND c.hour < ?2
  UNION ALL
  SELECT coalesce(g.name || ' ', '') || a.text, f.hour
    FROM flow_coverage f JOIN addr a ON a.id = f.agent LEFT JOIN flow_agent g ON g.agent = f.agent
   WHERE ?3 = 'flow' AND f.samples + f.smtp_packets > 0
     AND f.hour >= ?1 - 604800000000 AND f.hour < ?2),
hours (hour) AS (
  SELECT ?1 - ?1 % 3600000000 UNION ALL
  SELECT hour + 3600000000 FROM hours WHERE hour + 3600000000 < ?2),
silent AS MATERIALIZED (
  SELECT n.text AS origin, s.hour FROM silent_host s JOIN name n ON n.id = s.host
   WHERE ?3 = 'mail' AND s.hour > ?1 - 3600000000 AND s.hour < ?2),
missing (origin, hour, expected) AS (
  SELECT '', hour, 0 FROM hours WHERE hour NOT IN (SELECT hour FROM heard)
  UNION ALL
  SELECT o.origin, h.hour, (o.origin, h.hour) IN (SELECT origin, hour FROM silent)
    FROM (SELECT DISTINCT origin FROM heard) o, hours h
   WHERE h.hour IN (SELECT hour FROM heard)
     AND (o.origin, h.hour) NOT IN (SELECT origin, hour FROM heard)),
gap AS (
  SELECT origin, min(hour) AS first, max(hour) + 3600000000 AS until, count(*) AS n,
         sum(expected) AS expected,
         row_number() OVER (PARTITION BY origin ORDER BY min(hour)) AS k
    FROM (SELECT origin, hour, expected,
                 hour - 3600000000 * row_number() OVER (PARTITION BY origin ORDER BY hour) AS run
            FROM missing)
   GROUP BY origin, run)
SELECT iif(origin = '', 1, 2), iif(origin = '', 'all', origin), sum(n), NULL,
       printf('%d of %d hours without a %s: ', sum(n), (SELECT count(*) FROM hours),
              iif(?3 = 'mail', 'line', 'sample'))
         || group_concat(strftime('%Y-%m-%dT%H', first / 1000000, 'unixepoch') || ' to '
              || strftime('%Y-%m-%dT%H', until / 1000000, 'unixepoch'), ', ') FILTER (WHERE k <= 5)
         || iif(count(*) > 5, printf(', and %d more times', count(*) - 5), '')
         || iif(sum(expected) > 0, printf('; it was expected in %d, which are not covered', sum(expected)), ''),
       NULL
  FROM gap
 GROUP BY origin
 ORDER BY 1, origin;

-- More than one line in a hundred is wrong; the number is ours.
-- name: check_unparsed
SELECT iif(sum(c.unparsed) * 100 > sum(c.lines), 1, 2), n.text, sum(c.unparsed),
       1.0 * sum(c.unparsed) / sum(c.lines),
       printf('%d of %d lines (%.2f %%) were not understood', sum(c.unparsed), sum(c.lines),
              100.0 * sum(c.unparsed) / sum(c.lines)), NULL
  FROM coverage c JOIN name n ON n.id = c.origin
 WHERE c.kind = 'mail' AND c.hour > ?1 - 3600000000 AND c.hour < ?2
 GROUP BY c.origin HAVING sum(c.unparsed) > 0
 ORDER BY 1, 3 DESC, 2;

-- name: check_cut
SELECT 1, path, 1, NULL, kind || ' file, cut off or damaged; it was read up to there', NULL
  FROM ledger
 WHERE truncated AND (first_time IS NULL OR first_time < ?2)
   AND (last_time IS NULL OR last_time >= ?1)
   AND id NOT IN (SELECT id FROM collect_session)
 ORDER BY path;

-- name: check_gaps
SELECT 1, listen, 1, NULL,
       'no collector from ' || strftime('%Y-%m-%dT%H:%M:%SZ', start / 1000000, 'unixepoch') || ' to '
         || coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', until / 1000000, 'unixepoch'), 'now')
         || ' (' || why || ')', NULL
  FROM collect_gap
 WHERE start < ?2 AND coalesce(until, start) >= ?1
 ORDER BY start, listen;

-- name: check_rate
SELECT 1, coalesce(g.name || ' ', '') || a.text, sum(f.smtp_packets), NULL,
       printf('1 in how many is not known, for %d sampled SMTP packets', sum(f.smtp_packets)), NULL
  FROM flow_coverage f JOIN addr a ON a.id = f.agent LEFT JOIN flow_agent g ON g.agent = f.agent
 WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2 AND f.rate_min = 0 AND f.smtp_packets > 0
 GROUP BY f.agent ORDER BY 2;

-- One datagram in twenty is wrong, one in a thousand worth a word; ours.
-- name: check_loss
SELECT iif(lost * 20 > lost + datagrams, 1, 2), agent, lost, 1.0 * lost / (lost + datagrams),
       printf('%d of %d datagrams (%.2f %%) were lost', lost, lost + datagrams,
              100.0 * lost / (lost + datagrams)), NULL
  FROM (SELECT coalesce(g.name || ' ', '') || a.text AS agent,
               sum(f.lost_datagrams) AS lost, sum(f.datagrams) AS datagrams
          FROM flow_coverage f JOIN addr a ON a.id = f.agent
          LEFT JOIN flow_agent g ON g.agent = f.agent
         WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2
         GROUP BY f.agent)
 WHERE lost * 1000 > lost + datagrams
 ORDER BY 1, 2;

-- name: check_malformed
SELECT 2, coalesce(g.name || ' ', '') || a.text, sum(f.malformed), NULL,
       printf('%d datagrams or samples could not be read', sum(f.malformed)), NULL
  FROM flow_coverage f JOIN addr a ON a.id = f.agent LEFT JOIN flow_agent g ON g.agent = f.agent
 WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2
 GROUP BY f.agent HAVING sum(f.malformed) > 0 ORDER BY 2;

-- name: check_vantage
SELECT 2, a.text, count(*), NULL, 'its vantage is not told, so it is taken to be at an exchange', NULL
  FROM flow_coverage f JOIN addr a ON a.id = f.agent LEFT JOIN flow_agent g ON g.agent = f.agent
 WHERE f.hour > ?1 - 3600000000 AND f.hour < ?2 AND f.samples + f.smtp_packets > 0
   AND g.vantage IS NULL
 GROUP BY f.agent ORDER BY 2;

-- Mail of addresses that customers share by ports, and that came without one.
-- name: check_ports
WITH shared AS MATERIALIZED (
  SELECT DISTINCT first, last FROM lease
   WHERE port_first IS NOT NULL AND coalesce(start, ?1) < ?2
     AND coalesce("end", lapse, ?2) > ?1),
mail AS (
  SELECT m.host, m.mta, m.client, m.client_port IS NULL AS no_port
    FROM shared s
   CROSS JOIN addr a ON a.bytes BETWEEN s.first AND s.last
   CROSS JOIN mail_hour h ON h.hour BETWEEN ?1 / 3600000000 AND ?2 / 3600000000
   CROSS JOIN mail_message m ON m.hour = h.hour AND m.client = a.id
     AND m.received >= ?1 AND m.received < ?2)
SELECT 1, coalesce(h.text, '-'), sum(no_port), 1.0 * sum(no_port) / count(*),
       printf('%d of %d transactions of %d shared addresses have no client port (%s)',
              sum(no_port), count(*), count(DISTINCT client), t.text),
       CASE t.text
         WHEN 'postfix' THEN 'on that host: postconf smtpd_client_port_logging=yes (Postfix 2.5 or later)'
         WHEN 'exim' THEN 'on that host, in the Exim configuration: log_selector = +incoming_port'
         WHEN 'sendmail' THEN 'Sendmail logs no port: let these customers use a server that does, or keep such addresses for NAT alone'
         ELSE 'let the server log the client''s port, and the parser name it client_port' END
  FROM mail JOIN name t ON t.id = mail.mta LEFT JOIN name h ON h.id = mail.host
 GROUP BY mail.host, mail.mta HAVING sum(no_port) > 0
 ORDER BY 3 DESC, 2;

-- Own addresses that nobody had, by the correlation of the days.
-- name: check_unleased
SELECT 2, f.customer, sum(f.transactions + f.client), NULL,
       printf('%d transactions and %d client packets on %d day%s, and no lease',
              sum(f.transactions), sum(f.client), count(*), iif(count(*) = 1, '', 's')),
       NULL
  FROM finding_figure f JOIN correlation_run r ON r.day = f.day
 WHERE f.scope = 'own_unassigned' AND r.day_end > ?1 AND r.day_start < ?2
 GROUP BY f.customer
 ORDER BY 3 DESC, 2;

-- name: check_doubt
SELECT 2, date(day * 86400, 'unixepoch'), ambiguous, 1.0 * ambiguous / messages,
       printf('%d of %d transactions have no certain holder', ambiguous, messages), NULL
  FROM correlation_run
 WHERE day_end > ?1 AND day_start < ?2 AND ambiguous * 100 > messages
 ORDER BY day;

-- One in five from our own machines: a log is not there, or own_hosts has too many.
-- name: check_nobody
SELECT 2, date(day * 86400, 'unixepoch'), unattributed, 1.0 * unattributed / messages,
       printf('%d of %d transactions came from our own hosts or have no client', unattributed, messages), NULL
  FROM correlation_run
 WHERE day_end > ?1 AND day_start < ?2 AND unattributed * 5 > messages
 ORDER BY day;

-- Who wrote in the time, and which files that is in.
-- name: check_host_files
SELECT n.text, p.text, f.lines
  FROM host_file f JOIN name n ON n.id = f.host JOIN name p ON p.id = f.path
 WHERE f.host IN (SELECT origin FROM coverage
                   WHERE kind = 'mail' AND lines > 0 AND hour > ?1 - 3600000000 AND hour < ?2)
 ORDER BY n.text, f.lines DESC, p.text;

-- All files of a kind.
-- name: check_files
SELECT kind, path FROM ledger WHERE kind IN ('mail', 'flow', 'lease');

-- How long the leases of each file hold, and how long mail and flows go on.
-- name: check_lease_ends
SELECT g.path, max(coalesce(l."end", l.lapse, 4611686018427387904)), count(*)
  FROM ledger g JOIN lease l ON l.ledger = g.id
 WHERE g.kind = 'lease'
 GROUP BY g.path ORDER BY g.path;

-- Leases of the time of each file, and those of them of which it is believed, and
-- not told, that they ended in it, or fell silent.  One in twenty is doubtful; ours.
-- name: check_guessed_ends
WITH held AS (
  SELECT l.ledger, h.until, h.sure
    FROM lease l CROSS JOIN lease_held h ON h.id = l.id
   WHERE l."end" IS NULL AND l.grace IS NOT NULL
     AND coalesce(l.start, ?1) < ?2 AND l.lapse > ?1 LIMIT -1),
guessed AS MATERIALIZED (
  SELECT ledger, count(*) AS n, sum(sure < until AND sure < ?2) AS silent
    FROM held WHERE until > ?1 AND min(until, coalesce(sure, until)) < ?2
   GROUP BY ledger)
SELECT iif(sum(k.n) * 20 > sum(a.n), 2, 0), g.path, sum(k.n), 1.0 * sum(k.n) / sum(a.n),
       printf('of %d of %d leases no end was told, and it is guessed', sum(k.n), sum(a.n))
         || iif(sum(k.silent) > 0,
                printf('; %d of these fell silent for much longer than updates keep to', sum(k.silent)), ''),
       NULL
  FROM guessed k JOIN ledger g ON g.id = k.ledger
  JOIN (SELECT ledger, count(*) AS n FROM lease
         WHERE coalesce(start, ?1) < ?2 AND coalesce("end", lapse, ?2) > ?1
           AND EXISTS (SELECT 1 FROM guessed)
         GROUP BY ledger) a ON a.ledger = k.ledger
 GROUP BY g.path
 ORDER BY 1 DESC, 3 DESC, 2;

-- Within half an hour there are at most two hours to look into.
-- Pairs of a sample and a transaction of the same client with one of our own
-- servers, and of a sample and an attempt of ours to the same server.  The
-- client's port, where it was logged, tells the session.  A message that was
-- followed to another host was attempted by the one whose file says so.
-- name: check_clock_flows
WITH file_host AS MATERIALIZED (
  SELECT path, host FROM (
    SELECT path, host, row_number() OVER (PARTITION BY path ORDER BY lines DESC, host) AS k
      FROM host_file) WHERE k = 1),
own_sample AS MATERIALIZED (
  SELECT s.id, s.time, s.agent, s.src, s.src_port, s.dst,
         EXISTS (SELECT 1 FROM own_host o JOIN addr a ON a.id = s.dst
                  WHERE o.first <= a.bytes AND o.last >= a.bytes) AS arrives,
         EXISTS (SELECT 1 FROM own_host o JOIN addr a ON a.id = s.src
                  WHERE o.first <= a.bytes AND o.last >= a.bytes) AS leaves
    FROM smtp_sample s
   WHERE s.time >= ?1 AND s.time < ?2 AND s.dst_port = 25),
pair AS (
  SELECT s.agent, m.host, s.id, s.time - m.received AS diff
    FROM own_sample s CROSS JOIN mail_message m
      ON m.hour IN ((s.time - ?3) / 3600000000, (s.time + ?3) / 3600000000)
     AND m.client = s.src AND m.received BETWEEN s.time - ?3 AND s.time + ?3
     AND (m.client_port IS NULL OR m.client_port = s.src_port)
   WHERE s.arrives AND NOT s.leaves AND m.host IS NOT NULL
  UNION ALL
  SELECT s.agent, f.host, s.id, s.time - t.time
    FROM mail_message m JOIN mail_attempt t ON t.message = m.id
    JOIN file_host f ON f.path = t.source
    JOIN own_sample s ON s.dst = t.relay_addr AND t.time BETWEEN s.time - ?3 AND s.time + ?3
   WHERE s.leaves AND NOT s.arrives
     AND m.received >= ?1 - 3600000000 AND m.received < ?2
  UNION ALL
  SELECT s.agent, f.host, s.id, s.time - r.time
    FROM mail_message m JOIN mail_recipient r ON r.message = m.id AND r.sole = 1
    JOIN file_host f ON f.path = r.source
    JOIN own_sample s ON s.dst = r.relay_addr AND r.time BETWEEN s.time - ?3 AND s.time + ?3
   WHERE s.leaves AND NOT s.arrives
     AND m.received >= ?1 - 3600000000 AND m.received < ?2)
SELECT coalesce(g.name || ' ', '') || a.text, n.text, p.diff, p.id, p.agent, p.host
  FROM pair p JOIN addr a ON a.id = p.agent JOIN name n ON n.id = p.host
  LEFT JOIN flow_agent g ON g.agent = p.agent
 ORDER BY 1, 2;

-- From one of our servers to the next: the outcome in the second one's log
-- after the arrival in the first one's, of a message that was followed; and of
-- those that could not be, both ends of the hand-over.
-- name: check_clock_hosts
WITH file_host AS MATERIALIZED (
  SELECT path, host FROM (
    SELECT path, host, row_number() OVER (PARTITION BY path ORDER BY lines DESC, host) AS k
      FROM host_file) WHERE k = 1),
pair AS (
  SELECT f.host AS next, m.host, m.id, r.time - m.received AS diff
    FROM mail_message m JOIN mail_recipient r ON r.message = m.id
    JOIN file_host f ON f.path = r.source
   WHERE m.received >= ?1 AND m.received < ?2 AND f.host <> m.host
     AND r.disposition = 1 AND r.time BETWEEN m.received - ?3 AND m.received + ?3
  UNION ALL
  SELECT b.host, a.host, b.id, b.received - h.time
    FROM mail_hop h JOIN mail_message a ON a.id = h.message
    JOIN mail_message b ON b.hour IN ((h.time - ?3) / 3600000000, (h.time + ?3) / 3600000000)
     AND b.queue_id = h.queue_id AND b.id <> a.id AND b.received BETWEEN h.time - ?3 AND h.time + ?3
   WHERE h.time >= ?1 AND h.time < ?2 AND b.host <> a.host
     AND (a.message_id IS NULL OR b.message_id IS NULL OR a.message_id = b.message_id)
     AND EXISTS (SELECT 1 FROM own_host o JOIN addr x ON x.id = b.client
                  WHERE o.first <= x.bytes AND o.last >= x.bytes))
SELECT n.text, o.text, p.diff, p.id, p.next, p.host
  FROM pair p JOIN name n ON n.id = p.next JOIN name o ON o.id = p.host
 ORDER BY 1, 2;

-- Mail about the edges of leases before or after which nobody had the address
-- for ?3: how far outside the lease it is, or NULL if all is inside; by the
-- mail clocks as the last correlation set them right.
-- name: check_clock_leases
WITH mail_client AS MATERIALIZED (
  SELECT a.id, a.bytes
    FROM (SELECT DISTINCT client FROM mail_message INDEXED BY mail_message_client
           WHERE hour BETWEEN ?1 / 3600000000 AND ?2 / 3600000000
             AND received >= ?1 AND received < ?2) m
    JOIN addr a ON a.id = m.client),
held AS MATERIALIZED (
  SELECT c.id AS client, h.id, h.start, h.until, h.port_first, h.first, h.last
    FROM mail_client c JOIN lease_held h ON h.first = c.bytes AND h.last = c.bytes),
edge AS (
  SELECT 'start' AS edge, h.client, h.id, h.start AS at FROM held h
   WHERE h.start >= ?1 AND h.start < ?2 AND h.port_first IS NULL
     AND NOT EXISTS (SELECT 1 FROM held p WHERE p.client = h.client AND p.id <> h.id
                        AND coalesce(p.start, ?1 - ?3) < h.start
                        AND coalesce(p.until, ?2 + ?3) > h.start - ?3)
  UNION ALL
  SELECT 'end', h.client, h.id, h.until FROM held h
   WHERE h.until >= ?1 AND h.until < ?2 AND h.port_first IS NULL
     AND NOT EXISTS (SELECT 1 FROM held p WHERE p.client = h.client AND p.id <> h.id
                        AND coalesce(p.until, ?2 + ?3) > h.until
                        AND coalesce(p.start, ?1 - ?3) < h.until + ?3)),
about AS (
  SELECT e.edge, e.id,
         max(iif(e.edge = 'start', e.at - m.received + coalesce(k.ahead, 0),
                 m.received - coalesce(k.ahead, 0) - e.at)) AS outside
    FROM edge e CROSS JOIN mail_message m
      ON m.hour IN ((e.at - ?3) / 3600000000, (e.at + ?3) / 3600000000)
     AND m.client = e.client AND m.received BETWEEN e.at - ?3 AND e.at + ?3
    LEFT JOIN clock k ON k.kind = 'mail' AND k.ref = m.host
   GROUP BY e.edge, e.id)
SELECT g.path, b.edge, iif(b.outside > 0, b.outside, NULL), l.ledger
  FROM about b JOIN lease l ON l.id = b.id JOIN ledger g ON g.id = l.ledger
 ORDER BY 1, 2;
