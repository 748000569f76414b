/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a day that are looked at one by one, as an SQL function for the
 * steps of a run:
 *
 *	day_messages()   fills temp.day_message (schema/correlate/40_metrics.sql), one
 *	                 row a message of temp.attributed that is clearly somebody's:
 *	                 what filters said of it and what became of its recipients
 *
 * One pass in the order of the store, in which recipients lie beside their message,
 * adds up what a grouping of a join took four times as long for.  Whom a message
 * went to and what filters called it is kept meanwhile for spread_day() and
 * verdicts_said().
 */
#ifndef CORRELATE_DAY_MESSAGE_H
#define CORRELATE_DAY_MESSAGE_H

#include "correlate/sender_name.h"
#include "correlate/spread.h"
#include "correlate/verdicts.h"

struct day_messages;

/* Registers the function with the store; close takes it back, before what it asks
 * is closed. */
int day_messages_open(struct day_messages **out, struct store *s,
    struct sender_names *senders, struct spread *spread,
    struct verdicts *verdicts, struct err *e);
void day_messages_close(struct day_messages *p);

#endif
