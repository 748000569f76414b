-- Hand-overs from one of our servers to the next, by the id that the next one
-- answered with.  Its log may be read in another call: then the two messages
-- become one here.
CREATE TABLE mail_hop (
  queue_id  TEXT NOT NULL,                  -- the next server's
  message   INTEGER NOT NULL REFERENCES mail_message (id),
  recipient INTEGER NOT NULL REFERENCES name (id),
  time      INTEGER NOT NULL,               -- of the answer
  PRIMARY KEY (queue_id, message, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_hop_message ON mail_hop (message);
