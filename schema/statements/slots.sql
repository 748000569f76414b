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

-- Of the table "given" (store_give).
-- name: slots_put_who
INSERT OR FAIL INTO temp.flow_who SELECT c1, c2, c3 FROM given;
-- name: slots_put_figures
INSERT OR FAIL INTO temp.flow_figures
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19,
       c20, c21
  FROM given;
-- name: slots_put_addr
INSERT OR FAIL INTO temp.flow_addr SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM given;
-- name: slots_put_several
INSERT OR FAIL INTO temp.several_had SELECT c1 FROM given;

-- Row by row.
-- name: slots_put_doubt
INSERT INTO temp.flow_doubt VALUES (?1, ?2, ?3, ?4, ?5, ?6);
-- name: slots_put_shown
INSERT INTO temp.shown_slot VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
