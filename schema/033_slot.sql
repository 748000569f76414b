-- A new message's key is at a random place of its index: of an hour of a large
-- server this does not stay in a cache, of five minutes it does.  What users look
-- for (clients, queue ids, Message-IDs) goes on by hours, for each slot that is
-- looked into is a page that is read.
ALTER TABLE mail_message ADD COLUMN slot INTEGER AS (received / 300000000) VIRTUAL; -- since 1970
DROP INDEX mail_message_key;
-- The key is made of received and more: the same key is in the same slot.
CREATE UNIQUE INDEX mail_message_key ON mail_message (slot, message_key);

-- The slots of the hours in which messages were received.
CREATE VIEW mail_slot AS
WITH twelfth (n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11))
SELECT 12 * h.hour + n AS slot FROM mail_hour h CROSS JOIN twelfth;
-- Those in which a day's facts may have been received: a report may come a day after
-- its message, and a clock have been corrected otherwise then.
CREATE VIEW day_slot AS
SELECT r.day, s.slot
  FROM correlation_run r
  JOIN (SELECT coalesce(max(abs(ahead)), 0) AS margin FROM clock WHERE kind = 'mail') c
 CROSS JOIN mail_slot s
 WHERE s.slot BETWEEN (r.day_start - c.margin) / 300000000 - 288
                  AND (r.day_end + c.margin) / 300000000 + 288;
