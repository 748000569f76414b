-- Mail by hour, client, login and logging host, for the correlation: sums that
-- it need not make of single messages where the client was one customer's all
-- the while.  Derived from mail_message and what belongs to it; notifications of
-- our own servers (parent_queue_id) are not in it.  0: no client, login, host.
CREATE TABLE mail_sum (
  hour          INTEGER NOT NULL,    -- as in mail_message
  client        INTEGER NOT NULL,
  auth_user     INTEGER NOT NULL,
  host          INTEGER NOT NULL,
  first         INTEGER NOT NULL,    -- received
  last          INTEGER NOT NULL,
  transactions  INTEGER NOT NULL,
  messages      INTEGER NOT NULL,    -- these and the next as in metric_name
  recipients    INTEGER NOT NULL,
  senders       INTEGER NOT NULL,
  helos         INTEGER NOT NULL,
  null_senders  INTEGER NOT NULL,
  spam          INTEGER NOT NULL,
  virus         INTEGER NOT NULL,
  adverse       INTEGER NOT NULL,    -- spam or virus
  banned        INTEGER NOT NULL,
  listed        INTEGER NOT NULL,
  clean         INTEGER NOT NULL,
  tried         INTEGER NOT NULL,
  failed        INTEGER NOT NULL,
  tempfailed    INTEGER NOT NULL,
  unknown       INTEGER NOT NULL,
  PRIMARY KEY (hour, client, auth_user, host)
) STRICT, WITHOUT ROWID;

-- Hours of clients whose sums are to be made anew, for a message was stored,
-- changed or taken away.  Written in the transaction that did so.
CREATE TABLE mail_sum_due (
  hour   INTEGER NOT NULL,
  client INTEGER NOT NULL,
  PRIMARY KEY (hour, client)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO mail_sum_due
SELECT hour, coalesce(client, 0) FROM mail_message;

-- What became of each recipient, by disposition and stage (the numbers of
-- 002_mail.sql).  accepted: our server took the message for him, whatever
-- became of it later.  Final failures leave out a full mailbox (x.2.2, RFC
-- 3463) and refusals before RCPT, which are policy and not stale lists.
CREATE VIEW mail_outcome AS
SELECT message, n, recipient, time,
       coalesce(disposition IN (1, 2, 3, 4, 7, 8) OR stage = 7, 0) AS accepted,
       coalesce(disposition = 1, 0) AS reached,
       coalesce(disposition IN (1, 3) OR disposition = 5 AND stage = 5, 0) AS known,
       coalesce((disposition = 3 OR disposition = 5 AND stage = 5)
                AND coalesce(dsn NOT LIKE '_.2.2', 1), 0) AS failed,
       coalesce(disposition = 3 OR disposition = 5 AND stage = 5, 0) AS refused,
       coalesce(disposition IN (2, 6), 0) AS tempfailed,
       coalesce((disposition = 3 OR disposition = 5 AND stage = 5)
                AND (dsn LIKE '5.1.1' OR coalesce(reason, '') LIKE '%user unknown%'
                     OR coalesce(reason, '') LIKE '%unknown user%'
                     OR coalesce(reason, '') LIKE '%no such user%'), 0) AS unknown
  FROM mail_recipient;
