INSERT INTO mail_message (id, message_key, received, mta, client) VALUES (1, 2, 1000, 1, 1);
INSERT INTO mail_recipient (message, n, time, reason) VALUES (1, 1, 1000, 'row of 002');
