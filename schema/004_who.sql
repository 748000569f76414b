-- Who had which address when, reports that came in, and the state of a case.
CREATE TABLE lease (
  id         INTEGER PRIMARY KEY,
  first      BLOB NOT NULL CHECK (length(first) = 16),
  last       BLOB NOT NULL CHECK (length(last) = 16),
  port_first INTEGER,                -- NULL: all ports
  port_last  INTEGER,
  start      INTEGER,                -- NULL: since ever
  "end"      INTEGER,                -- NULL: until further notice; exclusive
  customer   TEXT NOT NULL,
  source     TEXT NOT NULL,
  clock_error INTEGER NOT NULL DEFAULT 0, -- microseconds either side of a change
  ledger     INTEGER REFERENCES ledger (id),
  UNIQUE (first, last, port_first, port_last, start, "end", customer)
) STRICT;
CREATE INDEX lease_first ON lease (first, last);

CREATE TABLE complaint (
  id           INTEGER PRIMARY KEY,
  message_key  INTEGER,
  received     INTEGER NOT NULL,     -- when the incident happened
  reported     INTEGER NOT NULL,
  addr         INTEGER REFERENCES addr (id),
  port         INTEGER,
  kind         TEXT NOT NULL,
  reporter     TEXT NOT NULL,
  identity     TEXT NOT NULL UNIQUE  -- hash of the report, so twice is once
) STRICT;

CREATE TABLE case_state (
  customer   TEXT PRIMARY KEY,
  state      TEXT NOT NULL CHECK (state IN ('new','seen','fixed','reopened')),
  since      INTEGER NOT NULL,
  note       TEXT
) STRICT;
