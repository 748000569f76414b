-- What the workers found of the rules comes into these.
DROP TABLE IF EXISTS temp.hit;
CREATE TEMP TABLE hit (
  customer TEXT, rule TEXT, kind TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
DROP TABLE IF EXISTS temp.fired;
CREATE TEMP TABLE fired (
  customer TEXT, rule TEXT, kind TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;
DROP TABLE IF EXISTS temp.taken;
CREATE TEMP TABLE taken (
  customer TEXT, rule TEXT, taken_by TEXT, PRIMARY KEY (customer, rule)) WITHOUT ROWID;

DROP TABLE IF EXISTS temp.replay;
CREATE TEMP TABLE replay (
  rule TEXT PRIMARY KEY, fires INTEGER, new INTEGER, gone INTEGER,
  fixed INTEGER, innocent INTEGER, who_new TEXT, who_gone TEXT) WITHOUT ROWID;
