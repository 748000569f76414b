INSERT INTO metric_name (metric, unit, meaning, asked, verdict) VALUES
 ('spam_reach',  'addresses', 'spam_strangers, and one for each sender of own spam whose refusal does not name the recipients (Exim after DATA): they may be strangers or not', 1, 1),
 ('virus_reach', 'addresses', 'the same of own virus messages', 1, 1);
