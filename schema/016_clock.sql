-- Which files the lines of a logging host came from: what the configuration
-- says of the files is so true of the host.
CREATE TABLE host_file (
  host  INTEGER NOT NULL REFERENCES name (id),
  path  INTEGER NOT NULL REFERENCES name (id),
  lines INTEGER NOT NULL,
  PRIMARY KEY (host, path)
) STRICT, WITHOUT ROWID;
-- An older program kept only where outcomes came from; of a message that was
-- followed to another host that is the other one's file.
INSERT INTO host_file
SELECT m.host, r.source, count(*)
  FROM mail_recipient r JOIN mail_message m ON m.id = r.message
 WHERE m.host IS NOT NULL AND r.source IS NOT NULL
 GROUP BY m.host, r.source;

-- How far each clock is ahead of the right time, and how wrong it may be
-- besides, both in microseconds.  A copy of the configuration, filled anew by
-- every run; what is stored elsewhere keeps the time as it was told.
CREATE TABLE clock (
  kind  TEXT NOT NULL CHECK (kind IN ('mail','flow','lease')),
  ref   INTEGER NOT NULL,  -- host (name), agent (addr), file (ledger)
  ahead INTEGER NOT NULL,
  error INTEGER NOT NULL,  -- of a lease: the lease has its own
  PRIMARY KEY (kind, ref)
) STRICT, WITHOUT ROWID;

-- A port block of a NAT may name the address inside and no customer: then it
-- is his who had that address (schema/correlate/23_inside.sql).
ALTER TABLE lease ADD COLUMN inside BLOB CHECK (length(inside) = 16);
CREATE INDEX lease_inside ON lease (id) WHERE inside IS NOT NULL;

-- Own addresses of the day, with mail or client packets, and those of them
-- that no lease covers; NULL: an older program did not count them.
ALTER TABLE correlation_run ADD COLUMN own_addrs INTEGER;
ALTER TABLE correlation_run ADD COLUMN unleased_mail INTEGER;
ALTER TABLE correlation_run ADD COLUMN unleased_flow INTEGER;

-- Customers with reports of others in a day, with a finding or without.
CREATE TABLE reported (
  day        INTEGER NOT NULL,
  customer   TEXT NOT NULL,
  scope      TEXT NOT NULL CHECK (scope IN ('customer','own_unassigned','remote')),
  complaints INTEGER NOT NULL,
  PRIMARY KEY (day, customer)
) STRICT, WITHOUT ROWID;
INSERT INTO reported
SELECT day, customer, scope, complaints FROM finding WHERE complaints > 0;

-- What the flows of a day show of each address of each of our customers, in
-- sampled packets: one day is too short to see that it is a mail server.
CREATE TABLE flow_day (
  day           INTEGER NOT NULL,
  customer      TEXT NOT NULL,
  addr          INTEGER NOT NULL REFERENCES addr (id),
  samples       INTEGER NOT NULL,
  client        INTEGER NOT NULL,
  syn_back      INTEGER NOT NULL,    -- SYNs it sent, at agents that see the
  answered_back INTEGER NOT NULL,    -- way back, and answers to them
  rst           INTEGER NOT NULL,
  server_strong INTEGER NOT NULL,
  server_weak   INTEGER NOT NULL,
  answers       INTEGER NOT NULL,    -- of the weak ones those that it sent as server
  PRIMARY KEY (day, customer, addr)
) STRICT, WITHOUT ROWID;
