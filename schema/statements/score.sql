-- Statements of src/correlate/score.c and of the verb suspects.

-- Labelled customer-days from day ?1 to before ?2: flows and logs both, and
-- the logs say confirmed or clean.
-- name: score_labels
SELECT customer, class = 'confirmed', day, ln_client, syn_share, answered_share, rst_share,
       hours, slots_per_hour, server_share,
       packets_2, packets_3, packets_6, hours_2, server_seen
  FROM flow_figure
 WHERE day >= ?1 AND day < ?2 AND class IN ('confirmed', 'clean')
 ORDER BY customer, day;

-- name: score_who
SELECT count(DISTINCT iif(class = 'clean', customer, NULL)),
       count(DISTINCT iif(class = 'confirmed', customer, NULL))
  FROM flow_figure
 WHERE day >= ?1 AND day < ?2 AND class IN ('confirmed', 'clean');

-- The flow-only suspects of day ?1, of customer ?2 if it is given: their
-- figures, and what people read.
-- name: suspects
SELECT g.ln_client, g.syn_share, g.answered_share, g.rst_share, g.hours,
       g.slots_per_hour, g.server_share, g.packets_2, g.packets_3, g.packets_6, g.hours_2,
       g.server_seen,
       f.customer,
       (SELECT json_group_array(q.text)
          FROM (SELECT a.text FROM finding_addr x JOIN addr a ON a.id = x.addr
                 WHERE x.day = f.day AND x.customer = f.customer ORDER BY a.bytes) q),
       f.client, f.syn, f.answered, f.est_syn, f.first_seen, f.last_seen, f.reason
  FROM flow_figure g JOIN finding_figure f ON f.day = g.day AND f.customer = g.customer
 WHERE g.day = ?1 AND g.class = 'flow_only_suspect' AND (?2 IS NULL OR g.customer = ?2)
 ORDER BY f.customer;
