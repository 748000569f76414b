-- Statements of src/correlate/facts.c.

-- In order.  n orders a rule's thresholds only: elsewhere it is the order of import.
-- name: facts_read
SELECT (SELECT day FROM temp.run), t.customer, NULL, t.kind, t.time, t.text, t.message_key, t.addr, t.source,
       t."offset", t.line, t.cust, t.place, t.most
  FROM temp.fact t LEFT JOIN main.name n ON n.id = t.source
 ORDER BY t.customer, t.place, t.first_key, t.time, t.message_key, iif(t.place = 1, t.n, 0),
          t.text, n.text, t.line, t."offset";
-- name: facts_put
INSERT INTO temp.finding_evidence VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
