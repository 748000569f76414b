-- Senders: the slots of an address as one row (src/cmd/senders.c).  First the
-- configuration's ranges (kind own or allow) and agents go into temporary
-- tables.

-- name: senders_range_make
CREATE TEMP TABLE IF NOT EXISTS sender_range (
  kind TEXT, first BLOB, last BLOB);

-- name: senders_range_put
INSERT INTO temp.sender_range VALUES (?1, ?2, ?3);

-- name: senders_agent_make
CREATE TEMP TABLE IF NOT EXISTS sender_agent (
  bytes BLOB PRIMARY KEY, name TEXT, vantage TEXT);

-- name: senders_agent_put
INSERT OR REPLACE INTO temp.sender_agent VALUES (?1, ?2, ?3);

-- ?1 from, ?2 before, ?3 role, ?4 least packets, ?5 customer, ?6 1 known or 0
-- unknown, ?7 1 = suspects only, ?8 address, ?9 at most so many;
-- ?10 to ?13 are those of src/correlate/server_pattern.h.  NULL: whatever.
-- Slots are whole: one that begins before ?1 and ends after it counts.
-- name: senders
WITH slots AS MATERIALIZED (
  SELECT s.*, g.text AS agent_text, g.bytes AS agent_bytes
    FROM sender_slot s JOIN addr g ON g.id = s.agent
   WHERE s.slot > ?1 - 300000000 AND s.slot < ?2
),
way_back AS MATERIALIZED (      -- agents that see answers, too
  SELECT agent FROM slots GROUP BY agent
  HAVING sum(answered) > 0 AND sum(answered) * 10 >= sum(syn)
),
summed AS (
  SELECT addr, min(first) AS first, max(last) AS last,
         count(DISTINCT slot / 3600000000) AS hours, count(DISTINCT slot) AS slots,
         sum(packets) AS packets, sum(syn) AS syn, sum(answered) AS answered,
         sum(rst) AS rst, sum(fin) AS fin, max(peers) AS peers,
         sum(client_strong) AS client_strong, sum(client_weak) AS client_weak,
         sum(server_strong) AS server_strong, sum(server_weak) AS server_weak,
         sum(client_strong + max(0, client_weak - answered - rst)) AS client,
         coalesce(sum(syn) FILTER (WHERE agent IN way_back), 0) AS syn_back,
         coalesce(sum(answered) FILTER (WHERE agent IN way_back), 0) AS answered_back,
         nullif(min(rate_min), 0) AS rate_min, nullif(max(rate_max), 0) AS rate_max
    FROM slots GROUP BY addr
),
judged AS (
  SELECT s.*, a.bytes, a.text,
         CASE WHEN client_strong + client_weak > 0 AND server_strong + server_weak > 0 THEN 'both'
              WHEN client_strong + client_weak > 0 THEN 'client'
              WHEN server_strong + server_weak > 0 THEN 'server' END AS role,
         EXISTS (SELECT 1 FROM temp.sender_range r
                  WHERE r.kind = 'allow' AND a.bytes BETWEEN r.first AND r.last) AS known,
         EXISTS (SELECT 1 FROM temp.sender_range r
                  WHERE r.kind = 'own' AND a.bytes BETWEEN r.first AND r.last) AS own,
         EXISTS (SELECT 1 FROM temp.sender_range r
                  WHERE r.kind = 'host' AND a.bytes BETWEEN r.first AND r.last) AS host,
         server_strong > 0
           AND server_strong + server_weak >= ?10 * client
           AND (syn_back < ?11 OR answered_back >= ?12 * syn_back)
           AND rst <= ?13 * packets AS server_pattern
    FROM summed s JOIN addr a ON a.id = s.addr
),
picked AS MATERIALIZED (        -- the last filters need to know who it is
  SELECT * FROM judged
   WHERE (?3 IS NULL OR role = ?3) AND packets >= ?4
     AND (?6 IS NULL OR known = ?6) AND (?8 IS NULL OR bytes = ?8)
   ORDER BY packets DESC, bytes
   LIMIT iif(?5 IS NULL AND ?7 IS NULL, ?9, -1)
),
wide AS MATERIALIZED (          -- the few leases of more than one address
  SELECT first, last, start, until, customer FROM lease_held WHERE first < last
),
who AS (
  SELECT j.*,
         (SELECT group_concat(q.customer, ' or ')
            FROM (SELECT l.customer FROM lease_held l
                   WHERE l.first = j.bytes AND l.last = j.bytes
                     AND coalesce(l.start <= j.last, 1) AND coalesce(l.until > j.first, 1)
                  UNION
                  SELECT l.customer FROM wide l
                   WHERE l.first <= j.bytes AND l.last >= j.bytes
                     AND coalesce(l.start <= j.last, 1) AND coalesce(l.until > j.first, 1)
                   ORDER BY 1) q) AS customer,
         (SELECT count(*) FROM mail_message m
           WHERE m.hour IN (SELECT hour FROM mail_hour
                             WHERE hour BETWEEN ?1 / 3600000000 AND ?2 / 3600000000)
             AND m.client = j.addr AND m.received >= ?1 AND m.received < ?2) AS messages
    FROM picked j
)
SELECT text, role, first, last, hours, slots, packets, syn, answered, rst, fin,
       client_strong, client_weak, server_strong, server_weak, peers,
       rate_min, rate_max,
       (SELECT json_group_array(json_object('agent', q.agent_text, 'name', q.name,
                 'vantage', q.vantage, 'packets', q.packets))
          FROM (SELECT t.agent_text, x.name, x.vantage, sum(t.packets) AS packets
                  FROM slots t LEFT JOIN temp.sender_agent x ON x.bytes = t.agent_bytes
                 WHERE t.addr = who.addr GROUP BY t.agent ORDER BY t.agent_bytes) q),
       customer, messages, own, known, server_pattern,
       CASE WHEN known THEN 'on the allow list'
            WHEN server_pattern THEN
              printf('answers SMTP itself, as a mail server does: %d SYN/ACK sent, %d packets as server and %d as client',
                     server_strong, server_strong + server_weak, client)
            WHEN server_strong = 0 THEN NULL
            WHEN server_strong + server_weak < ?10 * client THEN
              printf('answers SMTP, but has %d packets as server to %d as client',
                     server_strong + server_weak, client)
            WHEN syn_back >= ?11 AND answered_back < ?12 * syn_back THEN
              printf('answers SMTP, but of its own %d SYNs only %d were answered', syn_back, answered_back)
            ELSE printf('answers SMTP, but %d of %d packets are RSTs', rst, packets) END
  FROM who
 WHERE (?5 IS NULL OR customer = ?5)
   AND (?7 IS NULL OR client > 0 AND NOT known AND NOT server_pattern AND NOT host
                      AND messages = 0 AND (own OR customer IS NOT NULL))
 ORDER BY packets DESC, bytes
 LIMIT ?9;
