-- As in 026_figures.sql, with steps: with one packet in 2048 sampled a customer
-- of whom two packets were seen is another case than one of whom one was, and
-- one who answered as a server another than one who never did.  The logarithm
-- and the shares alone cannot say so, and more than ten packets say no more than
-- ten do: what grew without end was surer than the labels (doc/suspects.md).
DROP VIEW flow_figure;
CREATE VIEW flow_figure AS
SELECT day, customer, class, scope,
       ln(1 + min(client, 10)) AS ln_client,
       1.0 * syn / client AS syn_share,
       (answered + 1.0) / (syn + 2.0) AS answered_share,
       1.0 * rst / max(samples, 1) AS rst_share,
       1.0 * flow_hours AS hours,
       1.0 * slots / max(flow_hours, 1) AS slots_per_hour,
       1.0 * (server_strong + server_weak) / (server_strong + server_weak + client) AS server_share,
       1.0 * (client >= 2) AS packets_2,
       1.0 * (client >= 3) AS packets_3,
       1.0 * (client >= 6) AS packets_6,
       1.0 * (flow_hours >= 2) AS hours_2,
       1.0 * (server_strong + server_weak > 0) AS server_seen
  FROM finding_figure
 WHERE scope <> 'remote' AND client > 0;
