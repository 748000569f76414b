INSERT INTO metric_name (metric, unit, meaning, asked, verdict) VALUES
 ('recent_good', 'messages', 'of recent_messages, those that no filter called spam or a virus', 1, 0),
 ('adverse_spells', 'spells', 'of the day''s spans of two minutes, by the clock, those in which own spam or viruses came; a campaign or a wave that is passed on comes in one', 1, 1);
