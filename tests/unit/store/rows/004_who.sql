INSERT INTO lease (first, last, customer, source)
VALUES (x'00000000000000000000ffffc0000201', x'00000000000000000000ffffc0000201', 'row of 004', 'test');
