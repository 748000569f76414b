-- Statements of src/ingest/flow_import.c, flow_batch.c, flow_slots.c and flow_listed.c.

-- A flow file is known by its beginning; the longest one that fits is it.
-- name: flow_ledger_find
SELECT id, head_bytes, head_hash, lines, resume_offset
  FROM ledger
 WHERE kind = 'flow' AND head_bytes <= ?1
 ORDER BY head_bytes DESC, id;

-- What a short file could be an older copy of.
-- name: flow_ledger_longer
SELECT path, head_bytes, head_hash
  FROM ledger
 WHERE kind = 'flow' AND head_bytes > ?1;

-- name: flow_ledger_new
INSERT INTO ledger (kind, path, head_bytes, head_hash, resume_offset, resume_hash)
VALUES ('flow', ?1, ?2, ?3, 0, 0);

-- lines are the packets or lines of the file that have been taken.
-- name: flow_ledger_set
UPDATE ledger
   SET path = ?2, head_bytes = ?3, head_hash = ?4, resume_offset = ?5,
       lines = ?6, used = ?7, ignored = ?8, unparsed = ?9, records = ?10,
       first_time = ?11, last_time = ?12, truncated = ?13
 WHERE id = ?1;

-- name: flow_agent_put
INSERT OR IGNORE INTO flow_agent (agent) VALUES (?1);

-- The one that sender lists are put under, unless it has a name.
-- name: flow_agent_list
INSERT INTO flow_agent (agent, name) VALUES (?1, 'sender list')
    ON CONFLICT (agent) DO UPDATE SET name = coalesce(name, excluded.name);

-- name: flow_samples_put
INSERT OR FAIL INTO smtp_sample (time, ledger, agent, source_id, src, src_port, dst,
                                 dst_port, flags, rate, src_as, dst_as)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12 FROM given;

-- A rate of 0 stands for no samples in that hour.
-- name: flow_coverage_add
INSERT INTO flow_coverage (agent, hour, datagrams, lost_datagrams, malformed,
                           samples, smtp_packets, rate_min, rate_max)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (agent, hour) DO UPDATE
   SET datagrams = datagrams + excluded.datagrams,
       lost_datagrams = lost_datagrams + excluded.lost_datagrams,
       malformed = malformed + excluded.malformed,
       samples = samples + excluded.samples,
       smtp_packets = smtp_packets + excluded.smtp_packets,
       rate_min = CASE 0 WHEN rate_min THEN excluded.rate_min
                         WHEN excluded.rate_min THEN rate_min
                         ELSE min(rate_min, excluded.rate_min) END,
       rate_max = max(rate_max, excluded.rate_max);

-- name: flow_slot_samples
SELECT time, agent, src, src_port, dst, dst_port, flags, rate
  FROM smtp_sample
 WHERE time >= ?1 AND time < ?1 + 300000000;

-- A slot is always counted from all its samples, so counts only grow; where
-- retention has taken some, the count of before stands.
-- name: flow_slots_put
INSERT OR FAIL INTO sender_slot (addr, slot, agent, packets, syn, answered, rst, fin,
                                 client_strong, client_weak, server_strong,
                                 server_weak, peers, first, last, rate_min, rate_max)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17
  FROM given WHERE true -- or ON would be taken for a join's
    ON CONFLICT (addr, slot, agent) DO UPDATE
   SET packets = max(packets, excluded.packets),
       syn = max(syn, excluded.syn),
       answered = max(answered, excluded.answered),
       rst = max(rst, excluded.rst),
       fin = max(fin, excluded.fin),
       client_strong = max(client_strong, excluded.client_strong),
       client_weak = max(client_weak, excluded.client_weak),
       server_strong = max(server_strong, excluded.server_strong),
       server_weak = max(server_weak, excluded.server_weak),
       peers = max(peers, excluded.peers),
       first = min(first, excluded.first),
       last = max(last, excluded.last),
       rate_min = min(rate_min, excluded.rate_min),
       rate_max = max(rate_max, excluded.rate_max);

-- The same of one slot of a list.  Many at once, in no order, would go into the journal
-- of the statement by the page.
-- name: flow_slot_put
INSERT INTO sender_slot (addr, slot, agent, packets, syn, answered, rst, fin,
                         client_strong, client_weak, server_strong,
                         server_weak, peers, first, last, rate_min, rate_max)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
    ON CONFLICT (addr, slot, agent) DO UPDATE
   SET packets = max(packets, excluded.packets),
       syn = max(syn, excluded.syn),
       answered = max(answered, excluded.answered),
       rst = max(rst, excluded.rst),
       fin = max(fin, excluded.fin),
       client_strong = max(client_strong, excluded.client_strong),
       client_weak = max(client_weak, excluded.client_weak),
       server_strong = max(server_strong, excluded.server_strong),
       server_weak = max(server_weak, excluded.server_weak),
       peers = max(peers, excluded.peers),
       first = min(first, excluded.first),
       last = max(last, excluded.last),
       rate_min = min(rate_min, excluded.rate_min),
       rate_max = max(rate_max, excluded.rate_max);

-- For flow-stats and flow-as from the store: from ?1 to before ?2.
-- name: flow_stats_samples
SELECT src.bytes, s.src_port, dst.bytes, s.dst_port, s.flags, s.rate, s.time,
       agent.bytes, s.src_as, s.dst_as
  FROM smtp_sample s
  JOIN addr src ON src.id = s.src
  JOIN addr dst ON dst.id = s.dst
  JOIN addr agent ON agent.id = s.agent
 WHERE s.time >= ?1 AND s.time < ?2;

-- name: flow_stats_coverage
SELECT a.bytes, sum(c.samples), sum(c.datagrams), sum(c.lost_datagrams),
       sum(c.malformed)
  FROM flow_coverage c
  JOIN addr a ON a.id = c.agent
 WHERE c.hour > ?1 - 3600000000 AND c.hour < ?2
 GROUP BY c.agent;
