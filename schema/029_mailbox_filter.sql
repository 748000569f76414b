-- Which mailboxes messages may have: an index of them would make an import half
-- slower.  A row is of some messages that one transaction wrote, at most 4096, and
-- says what no message among them has.  A message that changes is in a further row.
CREATE TABLE mailbox_filter (
  first  INTEGER NOT NULL,    -- ids of the first and last of the messages
  last   INTEGER NOT NULL,
  oldest INTEGER NOT NULL,    -- when the oldest and newest were received
  newest INTEGER NOT NULL,
  bits   BLOB NOT NULL        -- senders, accounts, (original) recipients (src/base/bloom.h)
) STRICT;

-- Messages with an id below that, received between these times, may be in no filter; no
-- row if there are none.  Who has such an id and came or changed later is in a filter.
CREATE TABLE mailbox_unfiltered (
  below  INTEGER NOT NULL,
  oldest INTEGER NOT NULL,
  newest INTEGER NOT NULL
) STRICT;
INSERT INTO mailbox_unfiltered
SELECT (SELECT max(id) + 1 FROM mail_message), (SELECT min(received) FROM mail_message),
       (SELECT max(received) FROM mail_message)
 WHERE EXISTS (SELECT 1 FROM mail_message);
