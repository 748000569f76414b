-- Statements of src/correlate/slots.c.

-- name: slots_run
SELECT day_start, day_end, window, flow_margin FROM temp.run;
-- name: slots_log_hours
SELECT hour FROM temp.log_hour;
-- name: slots_clocks
SELECT ref, ahead FROM temp.clock WHERE kind = 'flow';

-- Of whom something may be said.  who: where no lease tells.
-- name: slots_addrs
SELECT addr, self, who, leased, allowed
  FROM temp.day_addr
 WHERE ours AND NOT own_host AND (inside OR leased OR mail)
 ORDER BY addr;

-- Of some packets the rate is unknown (0): of all.
-- name: slots_read
SELECT addr, agent, slot, first, last, syn, answered, packets, rst,
       client_strong, client_weak, server_strong, server_weak, iif(rate_min = 0, 0, rate_max)
  FROM main.sender_slot
 WHERE slot > ?1 AND slot < ?2;

-- name: slots_read_samples
SELECT src, src_port, src_port IN (SELECT port FROM temp.mail_port),
       dst, dst_port, dst_port IN (SELECT port FROM temp.mail_port), agent, time, coalesce(flags, 0), rate
  FROM main.smtp_sample
 WHERE time >= ?1 AND time < ?2;

-- name: slots_put_who
INSERT INTO temp.flow_who VALUES (?1, ?2, ?3);
-- name: slots_put_figures
INSERT INTO temp.flow_figures VALUES (
       ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21);
-- name: slots_put_addr
INSERT INTO temp.flow_addr VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
-- name: slots_put_doubt
INSERT INTO temp.flow_doubt VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- name: slots_put_several
INSERT INTO temp.several_had VALUES (?1);
-- name: slots_put_shown
INSERT INTO temp.shown_slot VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
