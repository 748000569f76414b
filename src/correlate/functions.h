/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of a run ask of single texts, a hundred times faster than the
 * text functions of SQL:
 *
 *	mail_domain(text)   what follows the last @, in small letters; else NULL
 *	mail_stem(text)     a sender without what differs from message to message
 *	mail_own(text)      0: a bounce or, by SRS, mail of somebody else
 */
#ifndef CORRELATE_FUNCTIONS_H
#define CORRELATE_FUNCTIONS_H

#include "base/buf.h"
#include "store/store.h"

struct functions;

/* mail_domain, for other code; false: there is none. */
bool mail_domain_of(struct str text, struct buf *out);

/* Registers them with the store; close takes them back. */
int functions_open(struct functions **out, struct store *s, struct err *e);
void functions_close(struct functions *f);

#endif
