-- Rules that speak for a customer, the sequential test over verdicts, and what
-- is counted only of customers of whom a rule asks it.  The tables of rules are
-- made anew, for a rule may now be of the kind "innocent".
CREATE TABLE detect_rule_17 (
  rule    TEXT PRIMARY KEY,
  summary TEXT NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('spam','virus','innocent')),
  customer       INTEGER NOT NULL,       -- 1: looks at findings of this scope
  own_unassigned INTEGER NOT NULL,
  remote         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE detect_threshold_17 (       -- a rule fires when all of them hold
  rule     TEXT NOT NULL REFERENCES detect_rule_17 (rule),
  n        INTEGER NOT NULL,             -- order in the rule
  metric   TEXT NOT NULL REFERENCES metric_name (metric),
  at_least REAL,                         -- one of the two is set
  at_most  REAL,
  source   TEXT NOT NULL,                -- where the number comes from
  PRIMARY KEY (rule, n)
) STRICT, WITHOUT ROWID;
INSERT INTO detect_rule_17 SELECT * FROM detect_rule;
INSERT INTO detect_threshold_17 SELECT * FROM detect_threshold;
DROP TABLE detect_threshold;
DROP TABLE detect_rule;
ALTER TABLE detect_rule_17 RENAME TO detect_rule;
ALTER TABLE detect_threshold_17 RENAME TO detect_threshold;

-- Rules that a rule takes away where both fire.
CREATE TABLE detect_against (
  rule    TEXT NOT NULL,
  against TEXT NOT NULL,
  PRIMARY KEY (rule, against)
) STRICT, WITHOUT ROWID;

-- Wald's test, for the rules that ask for spam_sprt.
CREATE TABLE detect_sprt (
  rule   TEXT PRIMARY KEY,
  theta0 REAL NOT NULL,                  -- share called spam of a clean customer's mail
  theta1 REAL NOT NULL,                  -- and of an infected one's
  alpha  REAL NOT NULL,                  -- wanted chance of accusing a clean one
  beta   REAL NOT NULL,                  -- and of letting an infected one go
  source TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Beside finding_rule, which holds the rules that count: those that speak for
-- the customer, those that fired and were taken away, and when and by what the
-- sequential test of a rule was decided.
CREATE TABLE finding_role (
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
CREATE TABLE finding_taken (
  day      INTEGER NOT NULL,
  customer TEXT NOT NULL,
  rule     TEXT NOT NULL,
  taken_by TEXT NOT NULL,
  PRIMARY KEY (day, customer, rule)
) STRICT, WITHOUT ROWID;
CREATE TABLE finding_sprt (
  day      INTEGER NOT NULL,
  customer TEXT NOT NULL,
  rule     TEXT NOT NULL,
  time     INTEGER NOT NULL,             -- of the verdict that decided
  verdicts INTEGER NOT NULL,             -- since the test began, or began anew
  spam     INTEGER NOT NULL,             -- of these
  theta0   REAL NOT NULL,
  theta1   REAL NOT NULL,
  alpha    REAL NOT NULL,
  beta     REAL NOT NULL,
  source   TEXT NOT NULL,
  PRIMARY KEY (day, customer, rule)
) STRICT, WITHOUT ROWID;

-- asked: 1, counted only of whom a rule asks it, the rule's other thresholds
-- holding; 2, the same by each rule's own parameters.
-- verdict: 1, what filters said of mail; no rule may take such a rule away.
ALTER TABLE metric_name ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE metric_name ADD COLUMN verdict INTEGER NOT NULL DEFAULT 0;
INSERT INTO metric_name (metric, unit, meaning, asked, verdict) VALUES
 ('spam_sprt',           'decisions', '1 if the sequential test over spam and clean verdicts on own mail, in order of time and begun anew whenever it decides for a clean customer, decided for an infected one', 2, 1),
 ('own_virus_share',     'share',     'own_virus_messages / messages', 0, 1),
 ('recent_messages',     'messages',  'messages of the day and of the 28 days before of which the log names a recipient, as far as the customer had the same addresses; of the day alone if it has 200', 1, 0),
 ('recent_passed_on_share', 'share',  'of recent_messages, without those of earlier days that were called spam or a virus, those to recipients to whom two senders and more wrote that are not of a domain of the customer''s own', 1, 0),
 ('spam_strangers',      'addresses', 'recipients of own spam to whom, in the same messages as of recent_passed_on_share, at most one such sender wrote', 1, 1),
 ('virus_strangers',     'addresses', 'the same of own virus messages', 1, 1),
 ('spam_sender_domains', 'domains',   'different sender domains of the spam to spam_strangers', 1, 1),
 ('virus_sender_domains','domains',   'different sender domains of the viruses to virus_strangers', 1, 1),
 ('tempfailed_share',    'share',     'tempfailed_recipients / recipients', 1, 0),
 ('refused_recipients',  'recipients','recipients refused for good (5xx), by us or by the next server, for whatever reason', 1, 0),
 ('refused_share',       'share',     'refused_recipients / recipients', 1, 0),
 ('first_attempt_share', 'share',     'of the recipients whose delivery was attempted, those reached at the first attempt', 1, 0),
 ('size_mode_share',     'share',     'of the messages of known size, those of the commonest size, in steps of 256 bytes', 1, 0),
 ('helo_other_share',    'share',     'of the transactions with a known HELO, those whose HELO is not the host name that the customer says most often: another one, or none in full (no dot, or an address), which a mail server does not say', 1, 0),
 ('auth_users',          'names',     'different names logged in with', 1, 0),
 ('auth_user_addresses', 'addresses', 'client addresses of the name that logged in from the most', 1, 0),
 ('address_auth_users',  'names',     'names of the client address from which the most logged in', 1, 0),
 ('hours_active',        'hours',     'different hours of the day, by the clock, with a transaction', 1, 0),
 ('own_on_mx',           'messages',  'transactions of our own customer in the logs of servers that take mail for our mailboxes (direction in)', 1, 0);
UPDATE metric_name SET verdict = 1
 WHERE metric IN ('spam_messages', 'spam_share', 'own_spam_messages', 'own_spam_share',
                  'virus_messages', 'own_virus_messages', 'banned_messages',
                  'listed_messages', 'adverse_delivered', 'spam_spread', 'virus_spread');
