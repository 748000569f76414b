-- Sender slots in the order of time: new ones go to the end of the table, and
-- what is read of it is nearly always a span of time.  Ordered by address, an
-- import had to rewrite the whole table for every few slots.
CREATE TABLE slot_by_time (
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
  PRIMARY KEY (slot, addr, agent)
) STRICT, WITHOUT ROWID;
INSERT INTO slot_by_time
SELECT * FROM sender_slot
 ORDER BY slot, addr, agent;
DROP TABLE sender_slot;
ALTER TABLE slot_by_time RENAME TO sender_slot;
