-- Statements of src/correlate/correlate.c: what a run is told, and what it saw.

-- KiB: messages of an hour of ten million a day, and what belongs to them, which
-- are read client by client, and not in the order in which they are stored.
-- name: correlate_cache
PRAGMA main.cache_size = -196608;

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
-- name: correlate_put_agent
INSERT INTO flow_agent (agent, name, vantage) VALUES (?1, ?2, ?3)
    ON CONFLICT (agent) DO UPDATE SET name = excluded.name, vantage = excluded.vantage;
-- name: correlate_clear_clock
DELETE FROM clock;
-- Of a host with several files the worst error, and the offset of the file
-- with most lines, which comes first.
-- name: correlate_put_clock
INSERT INTO clock (kind, ref, ahead, error) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET error = max(error, excluded.error);
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

-- name: correlate_stored_watermark
SELECT watermark FROM correlation_run WHERE day = ?1;

-- name: correlate_result
SELECT (SELECT count(*) FROM finding WHERE day = ?1),
       (SELECT count(*) FROM finding WHERE day = ?1 AND class = 'confirmed' AND scope <> 'remote'),
       messages, unattributed, ambiguous, flow_uncovered, mail_hours, flow_hours, hours,
       own_addrs, unleased_mail, unleased_flow
  FROM correlation_run WHERE day = ?1;

-- What the rule ?2 did in the replay of the day ?1 (schema/replay/).  NULL: there
-- are no findings of the day to compare with.
-- name: correlate_replay_make
CREATE TEMP TABLE IF NOT EXISTS replay (
  rule TEXT PRIMARY KEY, fires INTEGER, new INTEGER, gone INTEGER,
  fixed INTEGER, innocent INTEGER, who_new TEXT, who_gone TEXT) WITHOUT ROWID;
-- name: correlate_replay
SELECT coalesce(r.fires, 0),
       iif(s.there, coalesce(r.new, 0), NULL), iif(s.there, coalesce(r.gone, 0), NULL),
       coalesce(r.fixed, 0), coalesce(r.innocent, 0),
       iif(s.there, coalesce(r.who_new, '[]'), NULL), iif(s.there, coalesce(r.who_gone, '[]'), NULL)
  FROM (SELECT count(*) AS there FROM correlation_run WHERE day = ?1) s
  LEFT JOIN temp.replay r ON r.rule = ?2;
