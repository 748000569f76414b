/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of a run ask of senders, as SQL functions by the id of the name
 * (main.name).  Names of a day are read once, in the order in which they are stored:
 * message by message each was in another page.
 *
 *	sender_names_day()         reads those of temp.attributed; others are when asked
 *	sender_names_forget() gives back what they take, until one is asked
 *	sender_stem(id)       a number for the sender without what differs from
 *	                      message to message: BATV, SRS, VERP and digits
 *	sender_domain(id)     of what follows the last @; NULL: none
 *	sender_address(id)    of the address in small letters: the id of that name, or one
 *	                      beyond all names, so that few texts are kept; NULL: none
 *	sender_own(id)        0: a bounce or, by SRS, mail of somebody else; else 1
 */
#ifndef CORRELATE_SENDER_NAME_H
#define CORRELATE_SENDER_NAME_H

#include "base/buf.h"
#include "correlate/holders.h"

struct sender_names;

/* What follows the last @, in small letters; false: there is none. */
bool mail_domain_of(struct str text, struct buf *out);

/* Registers them with the store; close takes them back.  Texts get their numbers
 * from h. */
int sender_names_open(struct sender_names **out, struct store *s,
    struct holders *h, struct err *e);
void sender_names_close(struct sender_names *p);

#endif
