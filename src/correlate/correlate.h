/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Correlation: one day's findings from what the store holds.  The work is in
 * schema/correlate/NN_*.sql, run in order, those of the customers by workers
 * (share.h), and what they find is stored in one transaction.  What a
 * run saw is its watermark: the same watermark gives the same findings, byte
 * for byte.  A day is a civil day of day_timezone (days since 1970-01-01).
 */
#ifndef CORRELATE_CORRELATE_H
#define CORRELATE_CORRELATE_H

#include "base/err.h"
#include "model/config.h"
#include "rule/detect.h"
#include "store/store.h"

struct correlate_result {
	int64_t findings, confirmed; /* confirmed: not the remote ones */
	int64_t messages;       /* transactions received in the day */
	int64_t unattributed;   /* of these: no client, or an own host */
	int64_t ambiguous;      /* of these: the holder is not certain */
	int64_t flow_uncovered; /* flow clients in hours without logs only */
	int64_t mail_hours, flow_hours, hours; /* covered, and of the day */
	int64_t own_addrs; /* customers' addresses with mail or flows */
	int64_t unleased_mail, unleased_flow; /* of these without any lease */
};

/* Finds the day's findings anew.  All or nothing: on failure the day is as it
 * was.  ERR_USAGE: a rule names a metric or unit that is not there. */
int correlate_day(struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct correlate_result *out,
    struct err *e);

/* The same as far as the rules, to see what others would do: rule by rule of
 * those that came from the path number 'from' or a later one, a row of the
 * statement correlate_replay.  Nothing but sums of hours is written: the day and
 * its findings are as they were.  row returns negative to stop. */
int correlate_replay(struct store *s, const struct config *c,
    const struct detect *rules, size_t from, int64_t day,
    int (*row)(void *with, const struct detect_rule *r, const struct stmt *st),
    void *with, struct err *e);

/* The next day, from 'from' on, that holds mail or flows: 1, or 0 for none. */
int correlate_next_day(struct store *s, const struct config *c, int64_t from,
    int64_t *day, struct err *e);

/* 1 if a run of the day would see something else than its last one did (or
 * there was none), 0 if not.  A run also looks at logs that begin up to five
 * days after the day, for the outcomes of its mail. */
int correlate_is_stale(struct store *s, const struct config *c,
    const struct detect *rules, int64_t day, struct err *e);

#endif
