-- A verdict that names its message by Message-ID alone waits 30 s, for that id may
-- be used again.  At the end of an import it is shown at the message that is the
-- only one so far, and the next import first takes that back (src/ingest/pending.h).
ALTER TABLE pending_verdict ADD COLUMN shown INTEGER; -- that message's row; NULL: it is shown nowhere
CREATE INDEX pending_verdict_shown ON pending_verdict (shown) WHERE shown IS NOT NULL;
