/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of a run ask of single texts, a hundred times faster than the
 * text functions of SQL:
 *
 *	mail_domain(text)   what follows the last @, in small letters; else NULL
 *	mail_stem(text)     a sender without what differs from message to message
 *	time_text(time)     RFC 3339 with milliseconds
 */
#ifndef CORRELATE_FUNCTIONS_H
#define CORRELATE_FUNCTIONS_H

#include "store/store.h"

struct functions;

/* Registers them with the store; close takes them back. */
int functions_open(struct functions **out, struct store *s, struct err *e);
void functions_close(struct functions *f);

#endif
