/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a mailbox's messages for heloflow trace: reads all filters of the store
 * (ingest/mailbox_filters.h), then walks the messages of those that may hold it,
 * the newest first, and last those that are in no filter.
 */
#ifndef CMD_MAILBOX_WALK_H
#define CMD_MAILBOX_WALK_H

#include "store/store.h"

struct mailbox_walk {
	struct str mailbox;   /* any case of letters */
	int64_t since, until; /* received from and before, microseconds */
	int64_t most;         /* messages, at least 1; the newest */
	const char *among,
	    *below; /* statements of schema/statements/trace.sql */
};

/* Puts the messages into the temporary table trace, which is empty; *messages is how
 * many. */
int mailbox_walk(struct store *s, const struct mailbox_walk *w,
    int64_t *messages, struct err *e);

#endif
