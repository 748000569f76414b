-- Step 4: who an address and a login are, and the hours of mail, which want a
-- customer.
--
-- Customers are numbers here (src/correlate/holders.h), and "who" is one number
-- for a customer and the step of the ladder: customer << 3 | rank, with the rank
-- 1 auth_user 2 lease 3 own_address 4 remote; or for a doubt: its reason, which
-- is negative, in the place of the customer.
--
-- From here on the customers of other workers are left out (in_share), as soon as
-- it is known whose something is, and addresses that only they can have had (ours).

-- Accounts: the letters of the log's auth_user, else the same in another case
-- if that is only one customer's.
DROP TABLE IF EXISTS temp.day_account;
CREATE TEMP TABLE day_account (
  auth_user INTEGER PRIMARY KEY, customer TEXT, text TEXT);
INSERT INTO temp.day_account
SELECT n.id,
       coalesce((SELECT a.customer FROM temp.account a WHERE a.auth_user = n.text),
                (SELECT min(a.customer) FROM temp.account a
                  WHERE a.auth_user = n.text COLLATE NOCASE
                 HAVING count(DISTINCT a.customer) = 1)), n.text
  FROM (SELECT DISTINCT auth_user FROM temp.day_login WHERE auth_user <> 0) d
  JOIN main.name n ON n.id = d.auth_user;

UPDATE temp.day_addr
   SET who = iif(own_host, NULL, self << 3 | iif(inside, 3, 4));
-- The ladder of doc/classes.md, for each address and login (0: none).
-- asks: leases of the address go before "who"; NULL: nobody.
DROP VIEW IF EXISTS temp.ladder;
CREATE TEMP VIEW ladder AS
SELECT l.addr, l.auth_user, l.load, a.ours,
       d.customer IS NULL AND coalesce(a.leased AND NOT a.own_host, 0) AS asks,
       CASE WHEN d.customer IS NOT NULL THEN text_no(d.customer) << 3 | 1
            WHEN l.addr = 0 OR a.own_host THEN NULL
            WHEN a.inside THEN a.who
            -- who logs in to us is ours, wherever he is
            WHEN d.auth_user IS NOT NULL THEN text_no(d.text) << 3 | 1
            ELSE a.who END AS who
  FROM (SELECT addr, auth_user, sum(load) AS load
          FROM (SELECT addr, auth_user, load FROM temp.day_login
                UNION ALL SELECT addr, 0, 0 FROM temp.day_addr)
         GROUP BY addr, auth_user) l
  LEFT JOIN temp.day_addr a ON a.addr = l.addr
  LEFT JOIN temp.day_account d ON d.auth_user = l.auth_user;

-- How much there is of whom; then it is known whose share he is.
SELECT holder_load(iif(asks, addr, NULL), who >> 3, load) FROM temp.ladder WHERE who IS NOT NULL;
UPDATE temp.day_addr SET ours = holder_ours(addr, self);
-- ours: one of the leases, or "who", which need not be the address, is of our share.
DROP TABLE IF EXISTS temp.peer;
CREATE TEMP TABLE peer (
  addr INTEGER, auth_user INTEGER, asks INTEGER, who INTEGER, ours INTEGER,
  PRIMARY KEY (addr, auth_user)) WITHOUT ROWID;
INSERT INTO temp.peer
SELECT addr, auth_user, asks, who, iif(asks AND ours, 1, in_share(who >> 3))
  FROM (SELECT * FROM temp.ladder LIMIT -1); -- so that it is made once

-- Mail by hour, client, login and host.  apart: 1 if who it was is to be asked of each
-- message, for the address changed hands, or the day begins or ends in the
-- hour; 2 if its figures are wanted of each (step 6); else it is one claim.
DROP TABLE IF EXISTS temp.day_hour;
CREATE TEMP TABLE day_hour (
  hour INTEGER, client INTEGER, auth_user INTEGER, host INTEGER, first INTEGER, last INTEGER,
  transactions INTEGER, messages INTEGER, recipients INTEGER, senders INTEGER,
  helos INTEGER, null_senders INTEGER, spam INTEGER, virus INTEGER,
  adverse INTEGER, banned INTEGER, listed INTEGER, clean INTEGER,
  tried INTEGER, failed INTEGER, tempfailed INTEGER, unknown INTEGER,
  ahead INTEGER, slack INTEGER, who INTEGER, apart INTEGER,
  PRIMARY KEY (hour, client, auth_user, host)
) WITHOUT ROWID;
INSERT INTO temp.day_hour
SELECT *
  FROM (SELECT h.*,
               coalesce(iif(p.asks, holder_of(h.client, NULL, h.first, h.last, h.slack) << 3 | 2, NULL),
                        p.who) AS who,
               h.first < run.day_start OR h.last >= run.day_end AS apart
          FROM temp.run CROSS JOIN temp.right_sum h
          JOIN temp.peer p ON p.addr = h.client AND p.auth_user = h.auth_user
         WHERE p.ours
         LIMIT -1) -- so that it is asked once
 WHERE apart OR who < 0 OR in_share(who >> 3);
UPDATE temp.day_hour SET apart = 1 WHERE who < 0;
