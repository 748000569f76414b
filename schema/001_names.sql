-- Interned text and addresses, the enumerations, and the ledger of imports.
-- Times are integer microseconds since 1970 UTC everywhere.
CREATE TABLE name (
  id   INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

-- 16 bytes, IPv4 mapped (::ffff:a.b.c.d), so that order is address order.
CREATE TABLE addr (
  id    INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL UNIQUE CHECK (length(bytes) = 16),
  text  TEXT NOT NULL              -- RFC 5952; mapped IPv4 as dotted quad
) STRICT;

-- The numbers of src/model/delivery.h; a unit test compares them.
CREATE TABLE disposition_name (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO disposition_name VALUES
  (1,'delivered'),(2,'deferred'),(3,'bounced'),(4,'expired'),(5,'rejected'),
  (6,'tempfailed'),(7,'discarded'),(8,'quarantined'),(9,'aborted');
CREATE TABLE stage_name (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO stage_name VALUES
  (1,'connect'),(2,'helo'),(3,'auth'),(4,'mail'),(5,'rcpt'),(6,'data'),(7,'eom');
CREATE TABLE verdict_name (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO verdict_name VALUES
  (1,'clean'),(2,'greylisted'),(3,'listed'),(4,'banned'),(5,'spam'),(6,'virus');
CREATE TABLE direction_name (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO direction_name VALUES (1,'in'),(2,'out'),(3,'local');

-- What has been read, so that reading it again changes nothing.  A file is
-- known by its content: hash of its first head_bytes decompressed bytes, and
-- of the resume_bytes at resume_offset.  For logs that is the last line read
-- (a file that goes on is read on after it), for other files their last bytes.
CREATE TABLE ledger (
  id            INTEGER PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('mail','flow','lease','complaint')),
  path          TEXT NOT NULL,          -- as last seen; a hint
  head_bytes    INTEGER NOT NULL,
  head_hash     INTEGER NOT NULL,
  resume_offset INTEGER NOT NULL,       -- in decompressed bytes
  resume_bytes  INTEGER NOT NULL DEFAULT 0,
  resume_hash   INTEGER NOT NULL,
  lines         INTEGER NOT NULL DEFAULT 0,
  used          INTEGER NOT NULL DEFAULT 0,
  ignored       INTEGER NOT NULL DEFAULT 0,
  unparsed      INTEGER NOT NULL DEFAULT 0,
  records       INTEGER NOT NULL DEFAULT 0,
  first_time    INTEGER,                -- of the content
  last_time     INTEGER,
  truncated     INTEGER NOT NULL DEFAULT 0,
  state         BLOB                    -- reader and parser state at resume_offset
) STRICT;
CREATE INDEX ledger_head ON ledger (kind, head_hash);

-- Hours in which a logging host or a flow agent was heard.
CREATE TABLE coverage (
  kind     TEXT NOT NULL CHECK (kind IN ('mail','flow')),
  origin   INTEGER NOT NULL REFERENCES name (id),  -- host, or agent as text
  hour     INTEGER NOT NULL,            -- start of the UTC hour
  lines    INTEGER NOT NULL DEFAULT 0,  -- lines, or flow samples
  used     INTEGER NOT NULL DEFAULT 0,
  ignored  INTEGER NOT NULL DEFAULT 0,
  unparsed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, origin, hour)
) STRICT, WITHOUT ROWID;

-- Samples of lines that were not understood.
CREATE TABLE unparsed (
  id      INTEGER PRIMARY KEY,
  ledger  INTEGER NOT NULL REFERENCES ledger (id),
  program TEXT,
  source  TEXT, "offset" INTEGER, line INTEGER,
  text    TEXT NOT NULL
) STRICT;
