-- What is looked for by a key, a queue id or a Message-ID is in the index of its
-- five minutes, not of its hour: of an hour of a large server these indexes do not
-- stay in a cache, and each new row was in another page of each of them.
ALTER TABLE mail_message ADD COLUMN slot INTEGER AS (received / 300000000) VIRTUAL; -- since 1970
ALTER TABLE mail_recipient ADD COLUMN slot INTEGER AS ("time" / 300000000) VIRTUAL; -- of the outcome

DROP INDEX mail_message_key;
DROP INDEX mail_message_queue_id;
DROP INDEX mail_message_message_id;
DROP INDEX mail_recipient_final;
-- The key is made of received and more: the same key is in the same slot.
CREATE UNIQUE INDEX mail_message_key ON mail_message (slot, message_key);
CREATE INDEX mail_message_queue_id ON mail_message (slot, queue_id);
CREATE INDEX mail_message_message_id ON mail_message (slot, message_id)
 WHERE message_id IS NOT NULL;
CREATE INDEX mail_recipient_final ON mail_recipient (slot, final_queue_id)
 WHERE final_queue_id IS NOT NULL;

-- The slots of the hours in which messages were received; and in which ones that
-- had a later queue id had an outcome.
CREATE VIEW mail_slot AS
WITH twelfth (n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11))
SELECT 12 * h.hour + n AS slot FROM mail_hour h CROSS JOIN twelfth;
CREATE VIEW final_slot AS
WITH RECURSIVE h (hour) AS (
  SELECT min(slot) / 12 FROM mail_recipient WHERE final_queue_id IS NOT NULL
  UNION ALL
  SELECT (SELECT min(r.slot) / 12 FROM mail_recipient r
           WHERE r.slot >= 12 * h.hour + 12 AND r.final_queue_id IS NOT NULL)
    FROM h WHERE h.hour IS NOT NULL),
twelfth (n) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11))
SELECT 12 * h.hour + n AS slot FROM h CROSS JOIN twelfth WHERE h.hour IS NOT NULL;
DROP VIEW final_hour;
-- Those in which a day's facts may have been received; a report may come a week after
-- its message.
CREATE VIEW day_slot AS
SELECT r.day, s.slot
  FROM correlation_run r
  JOIN (SELECT coalesce(max(abs(ahead)), 0) AS margin FROM clock WHERE kind = 'mail') c
 CROSS JOIN mail_slot s
 WHERE s.slot BETWEEN (r.day_start - c.margin) / 300000000 - 8 * 288
                  AND (r.day_end + c.margin) / 300000000;
