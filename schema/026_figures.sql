-- The figures of a finding are columns of a table, from which the view finding puts log
-- and flow together when they are read: a customer-day takes a fraction of the space,
-- and who asks for one figure reads no JSON.  The watermark is the run's.
CREATE TABLE finding_figure (
  day            INTEGER NOT NULL,
  customer       TEXT NOT NULL,          -- an address where there is no customer
  attributed_by  TEXT NOT NULL CHECK (attributed_by IN ('auth_user','lease','own_address','remote')),
  scope          TEXT NOT NULL CHECK (scope IN ('customer','own_unassigned','remote')),
  class          TEXT NOT NULL CHECK (class IN ('confirmed','below_threshold',
                   'flow_only_suspect','flow_only_expected','clean','ambiguous')),
  kind           TEXT CHECK (kind IN ('spam','virus','both')),
  flow_support   TEXT CHECK (flow_support IN ('seen','not_seen','not_visible')),
  first_seen     INTEGER NOT NULL,
  last_seen      INTEGER NOT NULL,
  complaints     INTEGER NOT NULL,
  confidence     REAL,                   -- 0..1, an order and no probability (doc/classes.md)
  reason         TEXT NOT NULL,
  -- of his mail, see metric_name; NULL: not counted (schema/correlate/40_metrics.sql)
  transactions INTEGER, messages INTEGER, recipients INTEGER, distinct_recipients INTEGER,
  recipient_domains INTEGER, spam INTEGER, own_spam INTEGER, virus INTEGER, banned INTEGER,
  listed INTEGER, clean INTEGER, adverse_delivered INTEGER, senders INTEGER,
  canonical_senders INTEGER, sender_domains INTEGER, helos INTEGER, null_senders INTEGER,
  tried_recipients INTEGER, failed_recipients INTEGER, tempfailed_recipients INTEGER,
  unknown_recipients INTEGER, auth_addresses INTEGER,
  mail_doubtful  INTEGER,                -- messages that may be of another customer
  mail_first INTEGER, mail_last INTEGER,
  filters TEXT, signatures TEXT, rules TEXT, against TEXT, -- JSON lists; NULL: empty
  -- of his flows, in sampled packets (schema/correlate/60_class.sql)
  samples INTEGER, client INTEGER, client_strong INTEGER, syn INTEGER, est_syn INTEGER,
  answered INTEGER, rst INTEGER, flow_hours INTEGER, server_strong INTEGER, server_weak INTEGER,
  expected       INTEGER,                -- 1: a known mail server
  slots INTEGER,
  flow_doubtful  INTEGER,                -- client packets that may be of another customer
  flow_first INTEGER, flow_last INTEGER,
  window         INTEGER,                -- seconds
  client_in_window INTEGER, p_miss REAL, p_miss_messages INTEGER, rate INTEGER,
  PRIMARY KEY (day, customer)
) STRICT, WITHOUT ROWID;
INSERT INTO finding_figure
SELECT day, customer, attributed_by, scope, class, kind, flow_support, first_seen, last_seen,
       complaints, confidence, reason,
       log ->> 'transactions', log ->> 'messages', log ->> 'recipients',
       log ->> 'distinct_recipients', log ->> 'recipient_domains', log ->> 'spam',
       log ->> 'own_spam', log ->> 'virus', log ->> 'banned', log ->> 'listed',
       log ->> 'clean', log ->> 'adverse_delivered', log ->> 'senders',
       log ->> 'canonical_senders', log ->> 'sender_domains', log ->> 'helos',
       log ->> 'null_senders', log ->> 'tried_recipients', log ->> 'failed_recipients',
       log ->> 'tempfailed_recipients', log ->> 'unknown_recipients', log ->> 'auth_addresses',
       log ->> 'ambiguous',
       strftime('%s', substr(log ->> 'first', 1, 19)) * 1000000 + substr(log ->> 'first', 21, 3) * 1000,
       strftime('%s', substr(log ->> 'last', 1, 19)) * 1000000 + substr(log ->> 'last', 21, 3) * 1000,
       nullif(log -> 'filters', '[]'), nullif(log -> 'signatures', '[]'),
       nullif(log -> 'rules', '[]'), nullif(log -> 'against', '[]'),
       flow ->> 'samples', flow ->> 'client', flow ->> 'client_strong', flow ->> 'syn',
       flow ->> 'est_syn', flow ->> 'answered', flow ->> 'rst', flow ->> 'hours',
       flow ->> 'server_strong', flow ->> 'server_weak', flow ->> 'expected', flow ->> 'slots',
       flow ->> 'ambiguous',
       strftime('%s', substr(flow ->> 'first', 1, 19)) * 1000000 + substr(flow ->> 'first', 21, 3) * 1000,
       strftime('%s', substr(flow ->> 'last', 1, 19)) * 1000000 + substr(flow ->> 'last', 21, 3) * 1000,
       flow ->> 'window', flow ->> 'client_in_window', flow ->> 'p_miss',
       flow ->> 'p_miss_messages', flow ->> 'rate'
  FROM finding;
DROP TABLE finding;
CREATE INDEX finding_customer ON finding_figure (customer, day)
 WHERE class = 'confirmed' AND scope <> 'remote';

CREATE VIEW finding AS
SELECT day, customer, attributed_by, scope, class, kind, flow_support, first_seen, last_seen,
       json_object(
         'transactions', transactions, 'messages', messages, 'recipients', recipients,
         'distinct_recipients', distinct_recipients, 'recipient_domains', recipient_domains,
         'spam', spam, 'own_spam', own_spam, 'virus', virus, 'banned', banned, 'listed', listed,
         'clean', clean, 'adverse_delivered', adverse_delivered, 'senders', senders,
         'canonical_senders', canonical_senders, 'sender_domains', sender_domains,
         'helos', helos, 'null_senders', null_senders, 'tried_recipients', tried_recipients,
         'failed_recipients', failed_recipients, 'tempfailed_recipients', tempfailed_recipients,
         'unknown_recipients', unknown_recipients, 'auth_addresses', auth_addresses,
         'ambiguous', mail_doubtful,
         'first', strftime('%Y-%m-%dT%H:%M:%S', mail_first / 1000000, 'unixepoch')
                    || printf('.%03dZ', mail_first / 1000 % 1000),
         'last', strftime('%Y-%m-%dT%H:%M:%S', mail_last / 1000000, 'unixepoch')
                   || printf('.%03dZ', mail_last / 1000 % 1000),
         'filters', json(coalesce(filters, '[]')), 'signatures', json(coalesce(signatures, '[]')),
         'rules', json(coalesce(rules, '[]')), 'against', json(coalesce(against, '[]'))) AS log,
       json_object(
         'samples', samples, 'client', client, 'client_strong', client_strong, 'syn', syn,
         'est_syn', est_syn, 'answered', answered, 'rst', rst, 'hours', flow_hours,
         'server_strong', server_strong, 'server_weak', server_weak,
         'expected', json(iif(expected, 'true', 'false')), 'slots', slots,
         'ambiguous', flow_doubtful,
         'first', strftime('%Y-%m-%dT%H:%M:%S', flow_first / 1000000, 'unixepoch')
                    || printf('.%03dZ', flow_first / 1000 % 1000),
         'last', strftime('%Y-%m-%dT%H:%M:%S', flow_last / 1000000, 'unixepoch')
                   || printf('.%03dZ', flow_last / 1000 % 1000),
         'window', window, 'client_in_window', client_in_window, 'p_miss', p_miss,
         'p_miss_messages', p_miss_messages, 'rate', rate) AS flow,
       complaints, confidence, reason,
       coalesce((SELECT r.watermark FROM correlation_run r WHERE r.day = f.day), '') AS watermark
  FROM finding_figure f;

-- As in 010_score.sql.
DROP VIEW flow_figure;
CREATE VIEW flow_figure AS
SELECT day, customer, class, scope,
       ln(1 + client) AS ln_client,
       1.0 * syn / client AS syn_share,
       (answered + 1.0) / (syn + 2.0) AS answered_share,
       1.0 * rst / max(samples, 1) AS rst_share,
       1.0 * flow_hours AS hours,
       1.0 * slots / max(flow_hours, 1) AS slots_per_hour,
       1.0 * (server_strong + server_weak) / (server_strong + server_weak + client) AS server_share
  FROM finding_figure
 WHERE scope <> 'remote' AND client > 0;
