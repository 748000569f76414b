/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses and logins of a day, as SQL functions for the steps of a run: there
 * are ten times as many hours of mail and slots as addresses, and a tree of rows takes
 * a good deal longer for each than a hash table.
 *
 *	seen_login(client, auth_user, transactions)
 *	               an hour of mail of a client and a login (0: none)
 *	seen_slot(addr)
 *	               a slot of flows
 *	seen_day()     into temp.day_login and temp.seen_addr what was seen, in order
 *	               (schema/correlate/20_address.sql), and forgets it
 */
#ifndef CORRELATE_SEEN_H
#define CORRELATE_SEEN_H

#include "store/store.h"

struct seen;

/* Registers the functions with the store; close takes them back. */
int seen_open(struct seen **out, struct store *s, struct err *e);
void seen_close(struct seen *p);

#endif
