INSERT INTO finding VALUES (20780, 'alice', 'lease', 'customer', 'clean', NULL, NULL, 1, 2,
  '{}', '{}', 0, NULL, 'row of 005', 'w');
