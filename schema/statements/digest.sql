-- Statements of src/cmd/digest.c: the findings of a day, for one screen.

-- What is worth a look, group by group; ?1 the day.
-- name: digest_findings
SELECT CASE f.class WHEN 'confirmed' THEN CASE f.kind WHEN 'spam' THEN 1 WHEN 'both' THEN 2 ELSE 3 END
            WHEN 'below_threshold' THEN 4 WHEN 'flow_only_suspect' THEN 5
            WHEN 'flow_only_expected' THEN 6 ELSE 7 END AS "group",
       f.customer, f.attributed_by, f.flow_support,
       f.p_miss, f.first_seen, f.last_seen, f.spam, f.virus, f.messages, f.client, f.syn, f.reason
  FROM finding_figure f
 WHERE f.day = ?1 AND f.scope <> 'remote' AND f.class <> 'clean'
 ORDER BY 1, f.spam + f.virus DESC, f.client DESC, f.customer;

-- name: digest_rest
SELECT count(*) FILTER (WHERE class = 'clean' AND scope <> 'remote'),
       count(*) FILTER (WHERE class = 'confirmed' AND scope = 'remote'),
       (SELECT own_addrs FROM correlation_run WHERE day = ?1),
       (SELECT unleased_mail FROM correlation_run WHERE day = ?1),
       (SELECT unleased_flow FROM correlation_run WHERE day = ?1)
  FROM finding_figure WHERE day = ?1;

-- name: digest_day
SELECT timezone FROM correlation_run WHERE day = ?1;
