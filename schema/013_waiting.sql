-- Waiting verdicts are found by the id that they wait by, a batch at a time.
ALTER TABLE pending_verdict ADD COLUMN key INTEGER;  -- hash of that id; NULL: an older program wrote it
ALTER TABLE pending_verdict ADD COLUMN due INTEGER NOT NULL DEFAULT 1;  -- is its message in the store? not asked yet
CREATE INDEX pending_verdict_key ON pending_verdict (key, time);
CREATE INDEX pending_verdict_time ON pending_verdict (time);
CREATE INDEX pending_verdict_due ON pending_verdict (due) WHERE due = 1;

-- Which Message-IDs were used when, of the last hour and a bit; one row what
-- one batch came to know (src/ingest/mid_index.h).
CREATE TABLE mid_seen (
  id    INTEGER PRIMARY KEY,
  last  INTEGER NOT NULL,      -- event time when it was written
  state BLOB NOT NULL
) STRICT;
