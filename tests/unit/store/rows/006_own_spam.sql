INSERT INTO detect_threshold VALUES ('row of 006', 0, 'own_spam_share', 1, NULL, 'ours');
