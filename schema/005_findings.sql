-- What a correlation run knows of us, and what it found.  A day is a civil day
-- of day_timezone, as whole days since 1970-01-01.

-- One lease is one lease however often it is read.  A UNIQUE constraint holds
-- NULLs apart, so the index names a number for each; the end is left out, for
-- a lease that is read again may have been closed or extended since.
CREATE UNIQUE INDEX lease_identity ON lease (
  first, last, coalesce(port_first, -1), coalesce(port_last, -1),
  coalesce(start, -4611686018427387904), customer);

-- Copies of the configuration, filled anew by every run.
CREATE TABLE own_prefix (
  first BLOB NOT NULL CHECK (length(first) = 16),
  last  BLOB NOT NULL CHECK (length(last) = 16),
  PRIMARY KEY (first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE own_host (            -- our relays, filters and stores: never blamed
  first BLOB NOT NULL CHECK (length(first) = 16),
  last  BLOB NOT NULL CHECK (length(last) = 16),
  PRIMARY KEY (first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE allow (               -- known mail servers of customers
  first BLOB NOT NULL CHECK (length(first) = 16),
  last  BLOB NOT NULL CHECK (length(last) = 16),
  PRIMARY KEY (first, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE account (
  auth_user TEXT PRIMARY KEY,
  customer  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Metrics of a customer-day that a detection rule may name.
CREATE TABLE metric_name (
  metric  TEXT PRIMARY KEY,
  unit    TEXT NOT NULL,
  meaning TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO metric_name VALUES
 ('transactions',       'transactions', 'messages and rejected transactions that were logged'),
 ('messages',           'messages',     'transactions of which our server or a filter had the whole message'),
 ('recipients',         'recipients',   'recipients of all transactions'),
 ('distinct_recipients','addresses',    'different recipient addresses'),
 ('recipient_domains',  'domains',      'different domains of recipients'),
 ('senders',            'addresses',    'different envelope senders, letter for letter'),
 ('canonical_senders',  'addresses',    'different envelope senders after VERP, BATV, SRS and digits are taken out'),
 ('sender_domains',     'domains',      'different domains of envelope senders'),
 ('helos',              'names',        'different HELO names'),
 ('helo_share',         'share',        'helos / messages'),
 ('null_senders',       'messages',     'messages with the null sender'),
 ('null_sender_share',  'share',        'null_senders / messages'),
 ('spam_messages',      'messages',     'messages that a filter called spam'),
 ('spam_share',         'share',        'spam_messages / messages'),
 ('virus_messages',     'messages',     'messages that a filter called a virus'),
 ('banned_messages',    'messages',     'messages that a filter called banned (not adverse)'),
 ('listed_messages',    'messages',     'transactions met by a block list (not adverse)'),
 ('adverse_delivered',  'messages',     'spam or virus messages that reached at least one recipient'),
 ('tried_recipients',   'recipients',   'recipients with a known outcome, of messages with a sender'),
 ('failed_recipients',  'recipients',   'of these, those refused for good; without full mailboxes and adverse messages'),
 ('failure_share',      'share',        'failed_recipients / tried_recipients'),
 ('tempfailed_recipients','recipients', 'recipients answered with 4xx'),
 ('unknown_recipients', 'recipients',   'recipients refused because there is no such mailbox'),
 ('distinct_unknown',   'addresses',    'different recipient addresses among unknown_recipients'),
 ('unknown_share',      'share',        'unknown_recipients / recipients'),
 ('auth_addresses',     'addresses',    'different client addresses of authenticated transactions'),
 ('attempts',           'attempts',     'delivery attempts of all messages');

-- Detection rules as they were at the last run (rules/detect/*.yaml).
CREATE TABLE detect_rule (
  rule    TEXT PRIMARY KEY,
  summary TEXT NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('spam','virus')),
  customer       INTEGER NOT NULL,       -- 1: looks at findings of this scope
  own_unassigned INTEGER NOT NULL,
  remote         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE detect_threshold (          -- a rule fires when all of them hold
  rule     TEXT NOT NULL REFERENCES detect_rule (rule),
  n        INTEGER NOT NULL,             -- order in the rule
  metric   TEXT NOT NULL REFERENCES metric_name (metric),
  at_least REAL,                         -- one of the two is set
  at_most  REAL,
  source   TEXT NOT NULL,                -- where the number comes from
  PRIMARY KEY (rule, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE correlation_run (
  day           INTEGER PRIMARY KEY,
  day_start     INTEGER NOT NULL,        -- microseconds; 23 and 25 hour days happen
  day_end       INTEGER NOT NULL,
  timezone      TEXT NOT NULL,
  watermark     TEXT NOT NULL,
  parameters    TEXT NOT NULL,           -- JSON
  imports       TEXT NOT NULL,           -- JSON: what of the ledger the run saw
  mail_hours    INTEGER NOT NULL,        -- hours of the day that logs cover
  flow_hours    INTEGER NOT NULL,        -- hours that at least one agent covers
  hours         INTEGER NOT NULL,        -- hours of the day
  messages      INTEGER NOT NULL,        -- transactions received in the day
  unattributed  INTEGER NOT NULL,        -- of these: no client, or an own host
  ambiguous     INTEGER NOT NULL,        -- of these: the holder is not certain
  flow_uncovered INTEGER NOT NULL        -- flow clients only in hours without logs
) STRICT;

CREATE TABLE finding (
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
  log            TEXT NOT NULL,          -- JSON objects: the figures
  flow           TEXT NOT NULL,
  complaints     INTEGER NOT NULL,
  confidence     REAL,                   -- 0..1, an order and no probability (doc/classes.md)
  reason         TEXT NOT NULL,
  watermark      TEXT NOT NULL,
  PRIMARY KEY (day, customer)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding_addr (
  day      INTEGER NOT NULL,
  customer TEXT NOT NULL,
  addr     INTEGER NOT NULL REFERENCES addr (id),
  messages INTEGER NOT NULL,
  samples  INTEGER NOT NULL,
  PRIMARY KEY (day, customer, addr)
) STRICT, WITHOUT ROWID;

-- Which detection rules fired, and each threshold beside its value.
CREATE TABLE finding_rule (
  day      INTEGER NOT NULL,
  customer TEXT NOT NULL,
  rule     TEXT NOT NULL,
  n        INTEGER NOT NULL,
  metric   TEXT NOT NULL,
  value    REAL NOT NULL,
  at_least REAL,
  at_most  REAL,
  source   TEXT NOT NULL,
  PRIMARY KEY (day, customer, rule, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE finding_evidence (
  day         INTEGER NOT NULL,
  customer    TEXT NOT NULL,
  n           INTEGER NOT NULL,          -- from 1, by kind and time
  kind        TEXT NOT NULL CHECK (kind IN ('rule','verdict','delivery','attempt','sample','lease','complaint')),
  time        INTEGER,
  text        TEXT NOT NULL,             -- the fact in words
  message_key INTEGER,
  addr        INTEGER REFERENCES addr (id),
  source      INTEGER REFERENCES name (id),
  "offset"    INTEGER,
  line        INTEGER,
  PRIMARY KEY (day, customer, n)
) STRICT, WITHOUT ROWID;

-- Customers a day, for charts.  kind 'none' where the class has no kind;
-- class 'reported' counts customers with complaints, kind 'only' those of
-- them that are not confirmed.
CREATE TABLE daily (
  day          INTEGER NOT NULL,
  scope        TEXT NOT NULL,
  class        TEXT NOT NULL,
  kind         TEXT NOT NULL,
  flow_support TEXT NOT NULL,
  customers    INTEGER NOT NULL,
  PRIMARY KEY (day, scope, class, kind, flow_support)
) STRICT, WITHOUT ROWID;

-- Days with a run, one row each, as the charts draw them: everyone is counted
-- once.  covered is 0 where no log covers any hour: a gap, and no zero.
CREATE VIEW daily_customers AS
SELECT r.day, date(r.day * 86400, 'unixepoch') AS date, r.timezone,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'confirmed' AND d.kind = 'spam'), 0) AS spam,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'confirmed' AND d.kind = 'virus'), 0) AS virus,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'confirmed' AND d.kind = 'both'), 0) AS both,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'reported' AND d.kind = 'only'), 0) AS report,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'flow_only_suspect'), 0) AS flow_only_suspect,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'ambiguous'), 0) AS ambiguous,
       coalesce(sum(d.customers) FILTER (WHERE d.class = 'below_threshold'), 0) AS below_threshold,
       r.mail_hours, r.flow_hours, r.hours, r.mail_hours > 0 AS covered
  FROM correlation_run r
  LEFT JOIN daily d ON d.day = r.day AND d.scope IN ('customer', 'own_unassigned')
 GROUP BY r.day;
