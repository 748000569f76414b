/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links: a verdict that waits (pending.h) is given to its message, which is
 * stored, or is only shown there, so that it can be taken back.
 */
#ifndef INGEST_MAIL_LINK_H
#define INGEST_MAIL_LINK_H

#include "base/map.h"
#include "ingest/mail_store.h"
#include "ingest/pending.h"

/* Gives a waiting verdict to its message in the store: 1 if it found one.
 * open: messages that are not complete yet, by the key of their rows; one of
 * them gets it as well, and is where the map then says. */
int mail_link(struct mail_store *t, const struct pending *p,
    struct map *open, struct err *e);

/* Shows a waiting verdict at the message that it would be linked to if nothing
 * more came: *id is its row, or 0 if there is none. */
int mail_link_show(
    struct mail_store *t, const struct pending *p, int64_t *id, struct err *e);
/* Makes the message of that row what it was before. */
int mail_link_unshow(
    struct mail_store *t, const struct pending *p, int64_t id, struct err *e);

#endif
