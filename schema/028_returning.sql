-- Sender domains that come back, as those of a server do that many share.
INSERT INTO metric_name (metric, unit, meaning, asked, verdict) VALUES
 ('recent_sender_share', 'share', 'of the day''s sender domains, those that the customer used in good mail that was delivered a week ago or before, within 28 days, from the same addresses; none that came with a crowd of new ones', 1, 0);
