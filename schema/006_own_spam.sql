-- Spam that a customer may only be passing on counts less than spam of his
-- own: a bounce (null sender), or mail forwarded under an SRS sender.
INSERT INTO metric_name VALUES
 ('own_spam_messages', 'messages', 'of spam_messages, those that are neither bounces nor forwarded: no null sender, no SRS one'),
 ('own_spam_share',    'share',    'own_spam_messages / messages');
