/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions: what several statements of a file, and of files before it, say
 * about the same session and range becomes one lease.  The order of statements
 * in a file does not matter, saying them again changes nothing.  All calls are
 * within the caller's transaction; doc/lease.md has the rules.
 */
#ifndef INGEST_LEASE_MERGE_H
#define INGEST_LEASE_MERGE_H

#include "model/lease.h"
#include "store/store.h"

struct lease_merge;

int lease_merge_new(struct lease_merge **out, struct store *s, struct err *e);
/* source: the evidence in words.  The lease has a session, or is a restart. */
int lease_merge_put(struct lease_merge *m, const struct lease *l,
    struct str source, int64_t clock_error, int64_t ledger, struct err *e);
int lease_merge_finish(struct lease_merge *m, struct err *e);
void lease_merge_free(struct lease_merge *m); /* NULL is fine */

#endif
