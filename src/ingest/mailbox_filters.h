/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table mailbox_filter (schema/029_mailbox_filter.sql): which mailboxes messages
 * may have, some thousand messages a row.  Who writes messages says so here, of those
 * that change, too, and saves in the same transaction: after a kill at any moment no
 * message is there without its filter.
 */
#ifndef INGEST_MAILBOX_FILTERS_H
#define INGEST_MAILBOX_FILTERS_H

#include "store/store.h"

struct mailbox_filters;

struct mailbox_filters *mailbox_filters_new(struct store *s);
void mailbox_filters_free(struct mailbox_filters *f);

/* Message id, received then (microseconds), has that sender, account, recipient or
 * original recipient; nothing if that is absent or empty.  Some MB wait in memory
 * at most. */
int mailbox_filters_add(struct mailbox_filters *f, int64_t id, int64_t received,
    struct str mailbox, struct err *e);
/* Before a commit: writes what waits. */
int mailbox_filters_save(struct mailbox_filters *f, struct err *e);

/* What filters know a mailbox by: the same whatever the case of its ASCII letters,
 * as SQLite's NOCASE takes them. */
uint64_t mailbox_hash(struct str mailbox);

#endif
