-- Step 21: what was found of the day before goes, while workers look for what comes
-- in its place, in the order of customers (src/correlate/share.c).
DELETE FROM main.finding_figure WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.finding_addr WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.finding_rule WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.finding_role WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.finding_taken WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.finding_sprt WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.finding_evidence WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.flow_day WHERE day = (SELECT day FROM temp.run);
DELETE FROM main.reported WHERE day = (SELECT day FROM temp.run);

DROP TABLE IF EXISTS temp.classes;
CREATE TEMP TABLE classes (
  scope TEXT, class TEXT, kind TEXT, flow_support TEXT, customers INTEGER);
DROP TABLE IF EXISTS temp.counted;
CREATE TEMP TABLE counted (
  attributed INTEGER, ambiguous INTEGER, flow_uncovered INTEGER,
  unleased_mail INTEGER, unleased_flow INTEGER);
DROP TABLE IF EXISTS temp.own_addr;
CREATE TEMP TABLE own_addr (addr INTEGER PRIMARY KEY);
