-- Statements of src/cmd/digest.c: the findings of a day, for one screen.

-- What is worth a look, group by group; ?1 the day.  The last columns: the rules
-- that confirmed, and what they went by.
-- name: digest_findings
SELECT CASE f.class WHEN 'confirmed' THEN
                 CASE WHEN f.spam + f.virus = 0 THEN 4 WHEN f.kind = 'spam' THEN 1
                      WHEN f.kind = 'both' THEN 2 ELSE 3 END
            WHEN 'below_threshold' THEN 5 WHEN 'flow_only_suspect' THEN 6
            WHEN 'flow_only_expected' THEN 7 ELSE 8 END AS "group",
       f.customer, f.attributed_by, f.flow_support,
       f.p_miss, f.first_seen, f.last_seen, f.spam, f.virus, f.messages, f.client, f.syn, f.reason,
       f.transactions, (SELECT group_concat(value, ', ') FROM json_each(f.rules)),
       substr(f.reason, 1, instr(f.reason, '; flows: ') - 1)
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
