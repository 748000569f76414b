INSERT INTO detect_rule (rule, summary, kind, customer, own_unassigned, remote) VALUES ('row of 006', '', 'spam', 1, 0, 0);
INSERT INTO detect_threshold VALUES ('row of 006', 0, 'own_spam_share', 1, NULL, 'ours');
