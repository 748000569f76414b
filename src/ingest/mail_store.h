/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail store: where an import writes messages to, with what waits to go there.
 * It writes in the caller's transaction, and is saved before a commit.
 */
#ifndef INGEST_MAIL_STORE_H
#define INGEST_MAIL_STORE_H

#include "base/texts.h"
#include "ingest/assemble.h"
#include "ingest/mail_sums.h"
#include "ingest/mailbox_filters.h"
#include "ingest/part_rows.h"
#include "store/store.h"

struct mail_store {
	struct store *store;         /* the importer's */
	struct assembler *assembler; /* the importer's */
	struct mail_sums *sums;
	struct part_rows *parts;
	struct mailbox_filters *filters;
	struct texts paths; /* of evidence that is read back */
};

/* s and a must live until it is closed. */
void mail_store_open(
    struct mail_store *t, struct store *s, struct assembler *a);
void mail_store_close(struct mail_store *t);
/* Before a commit: writes what waits.  Hours that ended by `now` (event time,
 * microseconds) are over. */
int mail_store_save(struct mail_store *t, int64_t now, struct err *e);

#endif
