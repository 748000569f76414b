/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom customers wrote to, and whether it is their own mail that they sent, as
 * SQL functions for the steps of a run: passes over the messages, customer by
 * customer, so that those of one are in memory.  As joins and groupings it took
 * nearly three times as long.
 *
 * How far adverse mail of a customer's own (no bounce, no SRS) spreads: to
 * how many recipients to whom nobody else wrote through him.  A domain that
 * sends at least a fifth, and three, of his messages that are not adverse is
 * his own, others may be of others; where two of these and more write to the
 * same recipient, the mail is probably passed on, by a forwarder or second MX;
 * one or two such recipients among many may be chance.  Where a refusal does not
 * name the recipients (Exim after DATA), each message counts as one recipient,
 * unless 15 % of his other mail is passed on.
 *
 *	spread_day()     of each customer whose messages are looked at, by the day:
 *	                 fills temp.spread (schema/correlate/40_metrics.sql)
 *	spread_recent()  of those of temp.recent_who, by sender, with the days
 *	                 before: fills temp.recent_figures (44_recent.sql)
 */
#ifndef CORRELATE_SPREAD_H
#define CORRELATE_SPREAD_H

#include "store/store.h"

struct spread;

/* Registers the functions with the store; close takes them back. */
int spread_open(struct spread **out, struct store *s, struct err *e);
void spread_close(struct spread *p);

/* Keeps for spread_day() and spread_recent() that this message of the day, of a
 * customer whose messages are looked at, went there (without text: to somebody), so
 * that recipients are read once. */
void spread_hear(struct spread *p, int64_t cust, int64_t message, struct str to,
    bool unknown);

#endif
