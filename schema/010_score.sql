-- What the flows alone show of a customer-day, as figures that do not depend
-- on how many packets were sampled more than they must; for the score of
-- suspects (src/correlate/score.c).
CREATE VIEW flow_figure AS
SELECT day, customer, class, scope,
       ln(1 + client) AS ln_client,
       1.0 * syn / client AS syn_share,
       (answered + 1.0) / (syn + 2.0) AS answered_share,
       1.0 * rst / max(samples, 1) AS rst_share,
       1.0 * hours AS hours,
       1.0 * slots / max(hours, 1) AS slots_per_hour,
       1.0 * server / (server + client) AS server_share
  FROM (SELECT f.day, f.customer, f.class, f.scope,
               json_extract(f.flow, '$.client') AS client,
               json_extract(f.flow, '$.syn') AS syn,
               json_extract(f.flow, '$.answered') AS answered,
               json_extract(f.flow, '$.rst') AS rst,
               json_extract(f.flow, '$.samples') AS samples,
               json_extract(f.flow, '$.hours') AS hours,
               json_extract(f.flow, '$.slots') AS slots,
               json_extract(f.flow, '$.server_strong')
                 + json_extract(f.flow, '$.server_weak') AS server
          FROM finding f
         WHERE f.scope <> 'remote' AND json_extract(f.flow, '$.client') > 0);
