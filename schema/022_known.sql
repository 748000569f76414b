INSERT INTO metric_name (metric, unit, meaning, asked, verdict) VALUES
 ('recent_good',   'messages', 'of recent_messages, those that no filter called spam or a virus', 1, 0),
 ('adverse_hours', 'hours',    'different hours of the day, by the clock, with own spam or viruses: what is passed on of one campaign or wave comes in one or two', 1, 1);
