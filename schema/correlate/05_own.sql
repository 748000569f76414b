-- Step 0: what a worker has of its own.  Each worker runs these steps for its share
-- of the customers on a connection that reads what is stored (src/correlate/
-- share.c), so that what it is told and what it finds are temporary tables (figures: a
-- view, in step 19), which are named like those of the store and go before them.

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

-- What is found: see schema/005_findings.sql and those that follow it, which check it.
CREATE TEMP TABLE flow_day (
  day INTEGER, customer TEXT, addr INTEGER, samples INTEGER, client INTEGER,
  syn_back INTEGER, answered_back INTEGER, rst INTEGER, server_strong INTEGER,
  server_weak INTEGER, answers INTEGER, PRIMARY KEY (day, customer, addr)) WITHOUT ROWID;
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
CREATE TEMP TABLE reported (
  day INTEGER, customer TEXT PRIMARY KEY,
  scope TEXT, complaints INTEGER) WITHOUT ROWID;
