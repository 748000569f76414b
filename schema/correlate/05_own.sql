-- Step 0: what a worker has of its own.  Each worker runs these steps for its share
-- of the customers on a connection that reads what is stored (src/correlate/
-- share.c), so that what it is told and what it finds are temporary tables; they
-- are named like those of the store, and go before them.

-- Of what is dropped nothing is left to be overwritten, which would read all of it
-- back (Debian's SQLite does by default).
PRAGMA temp.secure_delete = OFF;

-- As configured, and the rules: see schema/004_who.sql and those that follow it.
CREATE TEMP TABLE own_prefix (
  first BLOB, last BLOB, PRIMARY KEY (first, last)) WITHOUT ROWID;
CREATE TEMP TABLE own_host (
  first BLOB, last BLOB, PRIMARY KEY (first, last)) WITHOUT ROWID;
CREATE TEMP TABLE allow (
  first BLOB, last BLOB, PRIMARY KEY (first, last)) WITHOUT ROWID;
CREATE TEMP TABLE account (
  auth_user TEXT PRIMARY KEY, customer TEXT) WITHOUT ROWID;
CREATE TEMP TABLE clock (
  kind TEXT, ref INTEGER, ahead INTEGER, error INTEGER, PRIMARY KEY (kind, ref)) WITHOUT ROWID;
CREATE TEMP TABLE flow_agent (agent INTEGER PRIMARY KEY, name TEXT, vantage TEXT);
INSERT INTO temp.flow_agent SELECT agent, name, vantage FROM main.flow_agent;
CREATE TEMP TABLE detect_rule (
  rule TEXT PRIMARY KEY, summary TEXT, kind TEXT,
  customer INTEGER, own_unassigned INTEGER, remote INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE detect_threshold (
  rule TEXT, n INTEGER, metric TEXT, at_least REAL, at_most REAL, source TEXT,
  PRIMARY KEY (rule, n)) WITHOUT ROWID;
CREATE TEMP TABLE detect_sprt (
  rule TEXT PRIMARY KEY, theta0 REAL, theta1 REAL, alpha REAL, beta REAL, source TEXT) WITHOUT ROWID;
CREATE TEMP TABLE detect_against (
  rule TEXT, against TEXT, PRIMARY KEY (rule, against)) WITHOUT ROWID;

-- What is found: see schema/005_findings.sql, 026_figures.sql and those between, which
-- check it.
CREATE TEMP TABLE flow_day (
  day INTEGER, customer TEXT, addr INTEGER, samples INTEGER, client INTEGER,
  syn_back INTEGER, answered_back INTEGER, rst INTEGER, server_strong INTEGER,
  server_weak INTEGER, answers INTEGER, PRIMARY KEY (day, customer, addr)) WITHOUT ROWID;
CREATE TEMP TABLE finding_figure (     -- in the order of customers
  day INTEGER, customer TEXT,
  attributed_by TEXT, scope TEXT, class TEXT, kind TEXT, flow_support TEXT,
  first_seen INTEGER, last_seen INTEGER, complaints INTEGER,
  confidence REAL, reason TEXT, transactions INTEGER, messages INTEGER, recipients INTEGER,
  distinct_recipients INTEGER, recipient_domains INTEGER, spam INTEGER, own_spam INTEGER,
  virus INTEGER, banned INTEGER, listed INTEGER, clean INTEGER, adverse_delivered INTEGER,
  senders INTEGER, canonical_senders INTEGER, sender_domains INTEGER, helos INTEGER,
  null_senders INTEGER, tried_recipients INTEGER, failed_recipients INTEGER,
  tempfailed_recipients INTEGER, unknown_recipients INTEGER, auth_addresses INTEGER,
  mail_doubtful INTEGER, mail_first INTEGER, mail_last INTEGER, filters TEXT, signatures TEXT,
  rules TEXT, against TEXT, samples INTEGER, client INTEGER, client_strong INTEGER,
  syn INTEGER, est_syn INTEGER, answered INTEGER, rst INTEGER, flow_hours INTEGER,
  server_strong INTEGER, server_weak INTEGER, expected INTEGER, slots INTEGER,
  flow_doubtful INTEGER, flow_first INTEGER, flow_last INTEGER, window INTEGER,
  client_in_window INTEGER, p_miss REAL, p_miss_messages INTEGER, rate INTEGER);
CREATE TEMP TABLE finding_addr (
  day INTEGER, customer TEXT, addr INTEGER, messages INTEGER, samples INTEGER,
  PRIMARY KEY (day, customer, addr)) WITHOUT ROWID;
CREATE TEMP TABLE finding_rule (
  day INTEGER, customer TEXT, rule TEXT, n INTEGER, metric TEXT, value REAL,
  at_least REAL, at_most REAL, source TEXT, PRIMARY KEY (day, customer, rule, n)) WITHOUT ROWID;
CREATE TEMP TABLE finding_role (
  day INTEGER, customer TEXT, rule TEXT, n INTEGER, metric TEXT, value REAL,
  at_least REAL, at_most REAL, source TEXT, PRIMARY KEY (day, customer, rule, n)) WITHOUT ROWID;
CREATE TEMP TABLE finding_taken (
  day INTEGER, customer TEXT, rule TEXT, taken_by TEXT,
  PRIMARY KEY (day, customer, rule)) WITHOUT ROWID;
CREATE TEMP TABLE finding_sprt (
  day INTEGER, customer TEXT, rule TEXT, time INTEGER, verdicts INTEGER, spam INTEGER,
  theta0 REAL, theta1 REAL, alpha REAL, beta REAL, source TEXT,
  PRIMARY KEY (day, customer, rule)) WITHOUT ROWID;
CREATE TEMP TABLE finding_evidence (   -- in the order of customers
  day INTEGER, customer TEXT, n INTEGER, kind TEXT, time INTEGER, text TEXT, message_key INTEGER, addr INTEGER,
  source INTEGER, "offset" INTEGER, line INTEGER);
CREATE TEMP TABLE reported (
  day INTEGER, customer TEXT PRIMARY KEY,
  scope TEXT, complaints INTEGER) WITHOUT ROWID;
