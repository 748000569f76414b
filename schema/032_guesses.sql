-- What answers others' mail guesses no mailboxes (src/correlate/spread.c).
UPDATE metric_name
   SET meaning = 'different recipient addresses among unknown_recipients, but for a message without a sender to one recipient'
 WHERE metric = 'distinct_unknown';
