/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sender domains that come back, as an SQL function for the steps of a run.
 *
 * A server that many share (of a host, a business park, a service that writes in
 * its customers' names) has many sender domains a day, and the same ones every
 * week; a bot forges ever new ones, or has a list of them since it is there.  So
 * a domain of today comes back if it was used a week ago or before.  Senders of
 * somebody whose mail was known long before and who brings a crowd of new ones
 * from one day to the next are a bot's for as long as that goes on, until a week
 * without such a day has gone by: what begins to go out once a week is no bot's.
 *
 *	regulars_count()  of each customer of temp.recent_asked that is asked for it,
 *	                  by temp.recent_sender (schema/correlate/46_regulars.sql):
 *	                  puts recent_sender_share into temp.metric
 */
#ifndef CORRELATE_REGULARS_H
#define CORRELATE_REGULARS_H

#include "store/store.h"

/* Ours.  So many days ago a domain was used, if it comes back; and so many days
 * without a crowd make the last one harmless. */
#define REGULAR_DAYS 7
/* A crowd: so many domains in a day, and less than this share of them known, of
 * somebody whose mail is known of so many days before. */
#define CROWD_DOMAINS     20
#define CROWD_KNOWN_SHARE 0.3
#define CROWD_DAYS        14

struct regulars;

/* Registers the function with the store; close takes it back. */
int regulars_open(struct regulars **out, struct store *s, struct err *e);
void regulars_close(struct regulars *r);

#endif
