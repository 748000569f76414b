-- Flows: raw SMTP samples (short retention), what each agent covered, and the
-- sender list per address and 5-minute slot that is derived from the samples.
CREATE TABLE flow_agent (
  agent   INTEGER PRIMARY KEY REFERENCES addr (id),
  name    TEXT,
  vantage TEXT CHECK (vantage IN ('exchange','edge','internal'))
) STRICT;

CREATE TABLE flow_coverage (
  agent          INTEGER NOT NULL REFERENCES addr (id),
  hour           INTEGER NOT NULL,
  datagrams      INTEGER NOT NULL,
  lost_datagrams INTEGER NOT NULL,
  malformed      INTEGER NOT NULL,
  samples        INTEGER NOT NULL,   -- flow samples, all protocols
  smtp_packets   INTEGER NOT NULL,
  rate_min       INTEGER NOT NULL,
  rate_max       INTEGER NOT NULL,
  PRIMARY KEY (agent, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE smtp_sample (
  id        INTEGER PRIMARY KEY,
  time      INTEGER NOT NULL,
  ledger    INTEGER NOT NULL REFERENCES ledger (id),
  agent     INTEGER NOT NULL REFERENCES addr (id),
  source_id INTEGER NOT NULL,
  src       INTEGER NOT NULL REFERENCES addr (id),
  src_port  INTEGER NOT NULL,
  dst       INTEGER NOT NULL REFERENCES addr (id),
  dst_port  INTEGER NOT NULL,
  flags     INTEGER,                 -- NULL: cut before the flags
  rate      INTEGER NOT NULL,
  src_as    INTEGER,
  dst_as    INTEGER
) STRICT;
CREATE INDEX smtp_sample_time ON smtp_sample (time);

-- Slots are 300 s, aligned to the epoch.  Counts are of sampled packets,
-- never scaled.  client_* and server_*: what the packets say of this address.
CREATE TABLE sender_slot (
  addr          INTEGER NOT NULL REFERENCES addr (id),
  slot          INTEGER NOT NULL,    -- its start
  agent         INTEGER NOT NULL REFERENCES addr (id),
  packets       INTEGER NOT NULL,
  syn           INTEGER NOT NULL,    -- SYN without ACK that it sent
  answered      INTEGER NOT NULL,    -- SYN/ACK it got
  rst           INTEGER NOT NULL,
  fin           INTEGER NOT NULL,
  client_strong INTEGER NOT NULL,
  client_weak   INTEGER NOT NULL,
  server_strong INTEGER NOT NULL,
  server_weak   INTEGER NOT NULL,
  peers         INTEGER NOT NULL,
  first         INTEGER NOT NULL,
  last          INTEGER NOT NULL,
  rate_min      INTEGER NOT NULL,
  rate_max      INTEGER NOT NULL,
  PRIMARY KEY (addr, slot, agent)
) STRICT, WITHOUT ROWID;
CREATE INDEX sender_slot_slot ON sender_slot (slot);

CREATE VIEW sample AS
SELECT s.time, agent.text AS agent, s.source_id, src.text AS src_addr, s.src_port,
       dst.text AS dst_addr, s.dst_port, s.flags, s.rate, s.src_as, s.dst_as
  FROM smtp_sample s
  JOIN addr agent ON agent.id = s.agent
  JOIN addr src ON src.id = s.src
  JOIN addr dst ON dst.id = s.dst;
