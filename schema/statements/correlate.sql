-- Statements of src/correlate/correlate.c: what a run is told, and what it saw.

-- Tables of the configuration and of rules: a worker has temporary ones of the same
-- names, which go before the store's (schema/correlate/05_own.sql).

-- name: correlate_clear_prefix
DELETE FROM own_prefix;
-- name: correlate_clear_host
DELETE FROM own_host;
-- name: correlate_clear_allow
DELETE FROM allow;
-- name: correlate_clear_account
DELETE FROM account;
-- name: correlate_clear_threshold
DELETE FROM detect_threshold;
-- name: correlate_clear_rule
DELETE FROM detect_rule;
-- name: correlate_clear_against
DELETE FROM detect_against;
-- name: correlate_clear_sprt
DELETE FROM detect_sprt;

-- name: correlate_put_prefix
INSERT OR IGNORE INTO own_prefix (first, last) VALUES (?1, ?2);
-- name: correlate_put_host
INSERT OR IGNORE INTO own_host (first, last) VALUES (?1, ?2);
-- name: correlate_put_allow
INSERT OR IGNORE INTO allow (first, last) VALUES (?1, ?2);
-- name: correlate_put_account
INSERT INTO account (auth_user, customer) VALUES (?1, ?2)
    ON CONFLICT (auth_user) DO UPDATE SET customer = excluded.customer;
-- Of an agent whose address (?1) the store does not know there is nothing to tell.
-- name: correlate_put_agent
INSERT INTO flow_agent (agent, name, vantage)
SELECT id, ?2, ?3 FROM addr WHERE bytes = ?1
    ON CONFLICT (agent) DO UPDATE SET name = excluded.name, vantage = excluded.vantage;
-- name: correlate_clear_clock
DELETE FROM clock;
-- Of a host with several files the worst error, and the offset of the file
-- with most lines, which comes first.
-- name: correlate_put_clock
INSERT INTO clock (kind, ref, ahead, error) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET error = max(error, excluded.error);
-- name: correlate_put_flow_clock
INSERT INTO clock (kind, ref, ahead, error)
SELECT 'flow', id, ?2, 0 FROM addr WHERE bytes = ?1
    ON CONFLICT DO NOTHING;
-- name: correlate_host_files
SELECT f.host, n.text FROM host_file f JOIN name n ON n.id = f.path
 ORDER BY f.host, f.lines DESC, n.text;
-- name: correlate_lease_files
SELECT id, path FROM ledger WHERE kind = 'lease';
-- name: correlate_put_rule
INSERT INTO detect_rule (rule, summary, kind, customer, own_unassigned, remote)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- name: correlate_put_threshold
INSERT INTO detect_threshold (rule, n, metric, at_least, at_most, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- name: correlate_put_sprt
INSERT INTO detect_sprt (rule, theta0, theta1, alpha, beta, source)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- name: correlate_put_against
INSERT INTO detect_against (rule, against) VALUES (?1, ?2);
-- name: correlate_metric
SELECT unit, verdict FROM metric_name WHERE metric = ?1;

-- Imports that may say something of the time from ?1 to ?2.  Outcomes of a
-- day's mail come for as long as a queue keeps trying, so mail logs that
-- begin up to ?3 later are among them; RFC 5321 4.5.4.1 asks for 4-5 days.
-- Mail from ?4 on tells whose spam it is (44_recent.sql).
-- name: correlate_imports
SELECT kind, path, head_hash, resume_offset
  FROM ledger
 WHERE kind <> 'complaint'
   AND (first_time IS NULL OR first_time < ?2 + iif(kind = 'mail', ?3, 0))
   AND (last_time IS NULL OR last_time >= iif(kind = 'mail', ?4, ?1))
 ORDER BY kind, head_hash, resume_offset, path;

-- Days from ?1 to before ?2, in an order that does not depend on imports.
-- name: correlate_flow_days
SELECT d.customer, a.text, d.day, d.samples, d.client, d.syn_back,
       d.answered_back, d.rst, d.server_strong, d.server_weak, d.answers
  FROM flow_day d JOIN addr a ON a.id = d.addr
 WHERE d.day >= ?1 AND d.day < ?2
 ORDER BY d.day, d.customer, a.bytes;

-- Complaints of incidents from ?1 to ?2.
-- name: correlate_complaints
SELECT count(*) FROM complaint WHERE received >= ?1 AND received < ?2;

-- The first mail or flow at ?1 or later.
-- name: correlate_next_data
SELECT min(t)
  FROM (SELECT min(received) AS t FROM mail_message WHERE received >= ?1
        UNION ALL SELECT min(slot) FROM sender_slot WHERE slot >= ?1);

-- What there is to do, in rows, but not counted beyond ?3: mail of the hours, and
-- slots of the time, from ?1 to ?2 (microseconds).
-- name: correlate_size
SELECT (SELECT count(*) FROM (SELECT 1 FROM mail_sum
                               WHERE hour BETWEEN ?1 / 3600000000 AND ?2 / 3600000000 LIMIT ?3))
       + (SELECT count(*) FROM (SELECT 1 FROM sender_slot
                                 WHERE slot BETWEEN ?1 AND ?2 LIMIT ?3));

-- What a worker found, in its temporary tables, and where it is kept.  In the order
-- of customers, which spares sorting: finding_figure is in it.
-- name: correlate_take_finding
SELECT * FROM temp.finding_figure;
-- name: correlate_keep_finding
INSERT OR FAIL INTO main.finding_figure
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19,
       c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36,
       c37, c38, c39, c40, c41, c42, c43, c44, c45, c46, c47, c48, c49, c50, c51, c52, c53,
       c54, c55, c56, c57, c58, c59, c60, c61 FROM given;
-- name: correlate_take_finding_addr
SELECT * FROM temp.finding_addr ORDER BY day, customer;
-- name: correlate_keep_finding_addr
INSERT OR FAIL INTO main.finding_addr
SELECT c1, c2, c3, c4, c5 FROM given;
-- name: correlate_take_finding_rule
SELECT * FROM temp.finding_rule ORDER BY day, customer;
-- name: correlate_keep_finding_rule
INSERT OR FAIL INTO main.finding_rule
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9 FROM given;
-- name: correlate_take_finding_role
SELECT * FROM temp.finding_role ORDER BY day, customer;
-- name: correlate_keep_finding_role
INSERT OR FAIL INTO main.finding_role
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9 FROM given;
-- name: correlate_take_finding_taken
SELECT * FROM temp.finding_taken ORDER BY day, customer;
-- name: correlate_keep_finding_taken
INSERT OR FAIL INTO main.finding_taken
SELECT c1, c2, c3, c4 FROM given;
-- name: correlate_take_finding_sprt
SELECT * FROM temp.finding_sprt ORDER BY day, customer;
-- name: correlate_keep_finding_sprt
INSERT OR FAIL INTO main.finding_sprt
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 FROM given;
-- n orders a rule's thresholds only: elsewhere it is the order of import.  fact comes
-- first, or all of it would be written before it is sorted; no LIMIT, or it would be
-- sorted row by row in a b-tree; and no view that has the order, or what is both a key
-- and a column would be sorted twice.
-- name: correlate_take_finding_evidence
SELECT run.day, t.customer, t.kind, t.time, t.text, t.message_key, t.addr,
       t.source, t."offset", t.line, t.place, t.most
  FROM temp.fact t CROSS JOIN temp.run LEFT JOIN main.name n ON n.id = t.source
 ORDER BY t.customer, t.place, t.first_key, t.time, t.message_key,
          iif(t.place = 1, t.n, 0), t.text, n.text, t.line, t."offset";
-- Those that are kept; c11: the number (src/correlate/facts.h).
-- name: correlate_keep_finding_evidence
INSERT OR FAIL INTO main.finding_evidence
SELECT c1, c2, c11, c3, c4, c5, c6, c7, c8, c9, c10 FROM given;
-- name: correlate_take_flow_day
SELECT * FROM temp.flow_day WHERE day = (SELECT day FROM temp.run) ORDER BY day, customer;
-- name: correlate_keep_flow_day
INSERT OR FAIL INTO main.flow_day
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 FROM given;
-- name: correlate_take_reported
SELECT * FROM temp.reported ORDER BY customer;
-- name: correlate_keep_reported
INSERT OR FAIL INTO main.reported
SELECT c1, c2, c3, c4 FROM given;
-- name: correlate_take_own_addr
SELECT addr FROM temp.own_addr ORDER BY addr;
-- name: correlate_keep_own_addr
INSERT OR IGNORE INTO temp.own_addr
SELECT c1 FROM given;
-- name: correlate_take_classes
SELECT * FROM temp.classes;
-- name: correlate_keep_classes
INSERT OR FAIL INTO temp.classes
SELECT c1, c2, c3, c4, c5 FROM given;
-- name: correlate_take_counted
SELECT * FROM temp.counted;
-- name: correlate_keep_counted
INSERT OR FAIL INTO temp.counted
SELECT c1, c2, c3, c4, c5 FROM given;
-- name: correlate_take_hit
SELECT customer, rule, kind FROM temp.hit ORDER BY customer;
-- name: correlate_keep_hit
INSERT OR FAIL INTO temp.hit
SELECT c1, c2, c3 FROM given;
-- name: correlate_take_fired
SELECT customer, rule, kind FROM temp.fired ORDER BY customer;
-- name: correlate_keep_fired
INSERT OR FAIL INTO temp.fired
SELECT c1, c2, c3 FROM given;
-- name: correlate_take_taken
SELECT customer, rule, taken_by FROM temp.taken ORDER BY customer;
-- name: correlate_keep_taken
INSERT OR FAIL INTO temp.taken
SELECT c1, c2, c3 FROM given;

-- name: correlate_stored_watermark
SELECT watermark FROM correlation_run WHERE day = ?1;

-- name: correlate_result
SELECT d.findings, d.confirmed,
       r.messages, r.unattributed, r.ambiguous, r.flow_uncovered, r.mail_hours, r.flow_hours, r.hours,
       r.own_addrs, r.unleased_mail, r.unleased_flow
  FROM correlation_run r
  JOIN (SELECT coalesce(sum(customers), 0) AS findings,
               coalesce(sum(customers) FILTER (WHERE class = 'confirmed' AND scope <> 'remote'), 0)
                 AS confirmed
          FROM daily WHERE day = ?1 AND class <> 'reported') d
 WHERE r.day = ?1;

-- What the rule ?2 did in the replay of the day ?1 (schema/replay/).  NULL: there
-- are no findings of the day to compare with.
-- name: correlate_replay
SELECT coalesce(r.fires, 0),
       iif(s.there, coalesce(r.new, 0), NULL), iif(s.there, coalesce(r.gone, 0), NULL),
       coalesce(r.fixed, 0), coalesce(r.innocent, 0),
       iif(s.there, coalesce(r.who_new, '[]'), NULL), iif(s.there, coalesce(r.who_gone, '[]'), NULL)
  FROM (SELECT count(*) AS there FROM correlation_run WHERE day = ?1) s
  LEFT JOIN temp.replay r ON r.rule = ?2;
