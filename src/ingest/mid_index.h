/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message-ID index: which messages and which filters' lines carried an id, on
 * which host, in the last MID_WINDOW of event time and MID_AHEAD after.  Anyone can choose a
 * Message-ID (design.md section 1), so it tells something only where it was
 * used once.  A hash is all that is kept of an id.
 */
#ifndef INGEST_MID_INDEX_H
#define INGEST_MID_INDEX_H

#include "base/buf.h"
#include "ingest/message.h"

#define MID_WINDOW (3600 * USEC)
#define MID_AHEAD  (30 * USEC)

struct mid_index;

struct mid_index *mids_new(void);
void mids_free(struct mid_index *x);

/* Is it an id at all?  "<>" is what Postfix logs of a message without one. */
bool mid_names_one(struct str message_id);
/* Programs write one id in several ways; all have one key. */
uint64_t mid_key(struct str message_id);

/* The message's Message-ID may have become known, or it came to one more
 * host / the message is leaving. */
void mids_know(struct mid_index *x, struct message *m);
void mids_leave(struct mid_index *x, struct message *m);
/* A line with that id is used soon: its place is read meanwhile. */
void mids_soon(const struct mid_index *x, struct str message_id);
/* The same of a message that leaves soon. */
void mids_leaves_soon(const struct mid_index *x, const struct message *m);
/* m was another message's re-injection, not a second use of the id; what
 * another server's filters say of the id is about `into`, too. */
void mids_merged(struct message *into, struct message *m);
/* The message lies elsewhere now. */
void mids_moved(struct message *from, struct message *to);
/* A filter's line named the id; an empty host may be any. */
void mids_heard(struct mid_index *x, uint64_t key, struct str host,
    struct str filter, int64_t t);

/* The message that such a line can mean, asked MID_AHEAD after it: the only
 * one on that host within the window, if that filter named the id once.  NULL: none, or it has left;
 * *many: more than one use. */
struct message *mids_only(const struct mid_index *x, uint64_t key,
    struct str host, struct str filter, int64_t t, bool *many);
/* Forgets what is too old to matter. */
void mids_sweep(struct mid_index *x, int64_t now);

/* Between runs: what is not known from an open message is put to *to as it
 * comes to be known, and taken in again. */
void mids_record(struct mid_index *x, struct buf *to);
bool mids_restore(struct mid_index *x, struct str record);
/* What was recorded at t matters until then. */
int64_t mids_keep_from(int64_t now);

#endif
