/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail import: logs into the store.  Records, open messages and the ledger
 * go into one transaction, batch by batch, so that a run that is killed and
 * repeated gives the same store as one that was not.
 */
#ifndef INGEST_MAIL_IMPORT_H
#define INGEST_MAIL_IMPORT_H

#include <signal.h>

#include "ingest/mail_feed.h"
#include "model/config.h"
#include "store/store.h"

struct mail_import_result {
	struct line_counts n;       /* of the lines that were new */
	int64_t files, files_known; /* of which nothing was new */
	int64_t messages, records, open;
	int64_t expired; /* of the messages: let go, for they never ended */
	int64_t linked_verdicts, waiting_verdicts, ambiguous_verdicts;
	int64_t expired_verdicts; /* that have waited for too long */
	bool truncated;
};

struct mail_import;

struct mail_import_options {
	struct unparsed_sink *unparsed; /* or NULL */
	int64_t batch;                  /* lines a transaction; 0 = as is best */
	/* The logs go on being written, and another run comes soon: what has no
	 * end yet, and verdicts that still wait, are not shown. */
	bool follow;
	const volatile sig_atomic_t *stop; /* not 0: no more lines; or NULL */
	/* Called every now and then while lines are read; or NULL. */
	void (*tick)(void *arg, const struct mail_feed *feed);
	void *arg;
};

/* opt must outlive the import; NULL = the defaults. */
int mail_import_open(struct mail_import **out, struct store *s,
    const struct config *config, const struct parsers *parsers,
    const struct rules *rules, const struct mail_import_options *opt,
    struct err *e);
/* name: what evidence shows instead of the path; NULL = the path. */
int mail_import_add(struct mail_import *i, const struct mail_input *in,
    const char *name, struct err *e);
int mail_import_run(
    struct mail_import *i, struct mail_import_result *out, struct err *e);
void mail_import_close(struct mail_import *i); /* rolls back what is open */
const struct mail_feed *mail_import_feed(const struct mail_import *i);

#endif
