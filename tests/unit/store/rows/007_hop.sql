INSERT INTO mail_hop VALUES ('row of 007', 1, 1, 1000);
