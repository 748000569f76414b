-- Leases that are told in several statements: sessions of RADIUS, leases of
-- DHCP.  One row is one lease: range, ports, start, customer, and the session.
CREATE TABLE lease_11 (
  id         INTEGER PRIMARY KEY,
  first      BLOB NOT NULL CHECK (length(first) = 16),
  last       BLOB NOT NULL CHECK (length(last) = 16),
  port_first INTEGER,                -- NULL: all ports
  port_last  INTEGER,
  start      INTEGER,                -- NULL: since ever
  "end"      INTEGER,                -- NULL: not told; exclusive
  customer   TEXT NOT NULL,
  source     TEXT NOT NULL,
  clock_error INTEGER NOT NULL DEFAULT 0, -- microseconds either side of a change
  ledger     INTEGER REFERENCES ledger (id),
  session    INTEGER,                -- hash of what names it; NULL: one row told it all
  nas        INTEGER,                -- hash of the server whose restart ends it
  seen       INTEGER,                -- the last sign of life of a session
  lapse      INTEGER,                -- without an end it is over by then; NULL: open
  fresh      INTEGER NOT NULL DEFAULT 0 -- 1: start is the first packet of a session
) STRICT;
INSERT INTO lease_11 (id, first, last, port_first, port_last, start, "end",
                     customer, source, clock_error, ledger)
SELECT id, first, last, port_first, port_last, start, "end", customer, source,
       clock_error, ledger
  FROM lease;
DROP TABLE lease;
ALTER TABLE lease_11 RENAME TO lease;

-- A UNIQUE constraint holds NULLs apart, so the index names a number for each.
-- It also finds the next lease of the same range and ports.
CREATE UNIQUE INDEX lease_identity ON lease (
  first, last, coalesce(port_first, -1), coalesce(port_last, -1),
  coalesce(start, -4611686018427387904), customer, coalesce(session, 0));
-- Sessions are looked for by range first: imports write in the order of ranges,
-- so that an index of any size grows at few places at a time.
CREATE INDEX lease_session ON lease (first, session) WHERE session IS NOT NULL;
CREATE INDEX lease_open ON lease (nas, session) WHERE "end" IS NULL AND nas IS NOT NULL;

-- Accounting-On and Accounting-Off: the sessions of this server are over.
CREATE TABLE lease_restart (
  nas  INTEGER NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (nas, time)
) STRICT, WITHOUT ROWID;

-- Leases with the moment that they were over.  Where the end is not told: when
-- the same range and ports were given out anew after the last sign of life, or
-- when it lapsed, whichever came first; for an address is not given to a second
-- customer before the first has lost it.  NULL: not over.
CREATE VIEW lease_held AS
SELECT l.id, l.first, l.last, l.port_first, l.port_last, l.start,
       coalesce(l."end",
         nullif(min(coalesce(l.lapse, 4611686018427387904),
                    coalesce(
           (SELECT coalesce(n.start, -4611686018427387904) FROM lease n
             WHERE n.first = l.first AND n.last = l.last
               AND coalesce(n.port_first, -1) = coalesce(l.port_first, -1)
               AND coalesce(n.port_last, -1) = coalesce(l.port_last, -1)
               AND coalesce(n.start, -4611686018427387904)
                   > max(coalesce(l.start, -4611686018427387904),
                         coalesce(l.seen, -4611686018427387904))
             ORDER BY coalesce(n.start, -4611686018427387904) LIMIT 1),
                    4611686018427387904)), 4611686018427387904)) AS until,
       l.customer, l.source, l.clock_error
  FROM lease l;
