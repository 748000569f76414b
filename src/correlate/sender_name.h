/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of senders by the id of the name (main.name), also by the steps of a
 * run, as SQL functions.  Names of a day are read once, in the order in which they
 * are stored: message by message each was in another page.
 *
 *	sender_names_day()    reads those of temp.attributed; others are when asked
 *	sender_names_forget() gives back what they take, until one is asked
 *	sender_domain(id)     as below; NULL: none
 *	sender_address(id)
 */
#ifndef CORRELATE_SENDER_NAME_H
#define CORRELATE_SENDER_NAME_H

#include "base/buf.h"
#include "correlate/holders.h"

struct sender_names;

/* Numbers for texts, 0: there is none. */
struct sender {
	int64_t id; /* of the name */
	/* In small letters: the id of that name, or one beyond all names, so that
	 * few texts are kept. */
	int64_t address;
	int32_t stem;   /* without what differs from message to message: BATV,
	                 * SRS, VERP and digits */
	int32_t domain; /* what follows the last @ */
	bool own; /* no bounce, nor by SRS mail of somebody else */
};

/* What follows the last @, in small letters; false: there is none. */
bool mail_domain_of(struct str text, struct buf *out);

/* Registers them with the store; close takes them back.  Texts get their numbers
 * from h. */
int sender_names_open(struct sender_names **out, struct store *s,
    struct holders *h, struct err *e);
void sender_names_close(struct sender_names *p);

/* What is known of the name of that id, until the next one is asked for. */
int sender_of(struct sender_names *p, int64_t id, const struct sender **out,
    struct err *e);

#endif
