INSERT INTO detect_rule (rule, summary, kind, customer, own_unassigned, remote) VALUES ('row of 014', '', 'spam', 1, 0, 0);
INSERT INTO detect_threshold VALUES ('row of 014', 0, 'spam_spread', 1, NULL, 'ours');
