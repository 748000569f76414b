-- The spam and viruses of a client's hour: where they are a few among much other
-- mail, only they are looked at one by one (schema/correlate/36_detail.sql).
CREATE INDEX mail_message_adverse ON mail_message (hour, client)
 WHERE verdict >= 5;
-- Notifications of our own servers are in no sum of mail_sum.
CREATE INDEX mail_message_notice ON mail_message (hour)
 WHERE parent_queue_id IS NOT NULL;
