-- Whose spam it is: who passes mail on writes to few people under ever new
-- senders; who makes it, to ever new people.
INSERT INTO metric_name VALUES
 ('sender_domain_share','share',     'sender_domains / messages'),
 ('own_virus_messages', 'messages',  'of virus_messages, those that are neither bounces nor forwarded: no null sender, no SRS one'),
 ('spam_spread',        'addresses', 'recipients of own_spam_messages to whom at most one sender domain wrote, not counting those of a fifth and more of the messages that are not adverse'),
 ('virus_spread',       'addresses', 'the same of own_virus_messages'),
 ('passed_on_share',    'share',     'of the messages of who has spam, viruses or ten senders, those to recipients to whom two such domains and more wrote; 0 if it is less than half and to less than three recipients');
