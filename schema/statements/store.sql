-- What the store itself needs (src/store/store.c).

-- name: name_get
SELECT id FROM name WHERE text = ?1;

-- name: name_put
INSERT INTO name (text) VALUES (?1) ON CONFLICT DO NOTHING;

-- name: addr_get
SELECT id FROM addr WHERE bytes = ?1;

-- name: addr_put
INSERT INTO addr (bytes, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING;

-- name: param_make
CREATE TEMP TABLE IF NOT EXISTS param (name TEXT PRIMARY KEY, value);

-- name: param_put
INSERT OR REPLACE INTO temp.param (name, value) VALUES (?1, ?2);
