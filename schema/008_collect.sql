-- Runs of "heloflow collect".  Each has a row of its own in the ledger, for its
-- samples; that is "truncated" until the run has ended in good order.
CREATE TABLE collect_session (
  id           INTEGER PRIMARY KEY REFERENCES ledger (id),
  listen       TEXT NOT NULL,
  pid          INTEGER NOT NULL,
  flush        INTEGER NOT NULL,    -- microseconds
  started      INTEGER NOT NULL,
  alive        INTEGER NOT NULL,    -- what was received before is in the store
  stopped      INTEGER,             -- in good order; NULL: it runs, or was killed
  killed       INTEGER,             -- when a later start saw that it had been
  datagrams    INTEGER NOT NULL DEFAULT 0,
  samples      INTEGER NOT NULL DEFAULT 0,  -- flow samples, all protocols
  smtp_packets INTEGER NOT NULL DEFAULT 0,
  lost_datagrams INTEGER NOT NULL DEFAULT 0,
  malformed    INTEGER NOT NULL DEFAULT 0,
  refused      INTEGER NOT NULL DEFAULT 0,  -- datagrams of agents not on the list
  kernel_drops INTEGER NOT NULL DEFAULT 0,  -- datagrams
  overflow     INTEGER NOT NULL DEFAULT 0,  -- SMTP packets that found no room
  slots_from   INTEGER              -- sender slots from here on are to be derived
) STRICT;

-- When nobody listened: from the end of a run to the next start on the same
-- addresses.  until is NULL while there was none.
CREATE VIEW collect_gap AS
SELECT s.listen, coalesce(s.stopped, s.alive) AS start,
       coalesce((SELECT min(n.started) FROM collect_session n
                  WHERE n.listen = s.listen AND n.id > s.id), s.killed) AS until,
       CASE WHEN s.stopped IS NULL THEN 'killed' ELSE 'stopped' END AS why,
       s.flush
  FROM collect_session s
 WHERE s.stopped IS NOT NULL OR s.killed IS NOT NULL;
