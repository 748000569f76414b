/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow import: SMTP samples of a file into the store, with what each agent
 * covered and the sender slots that follow.  A file is known by its beginning
 * (up to 256 KiB decompressed), so reading it again adds nothing, and a file
 * that has grown adds what is new.  Each transaction holds a batch with its
 * ledger row: a kill loses and doubles nothing.
 */
#ifndef INGEST_FLOW_IMPORT_H
#define INGEST_FLOW_IMPORT_H

#include "input/flow_source.h"
#include "store/store.h"

struct flow_import_options {
	const char *format; /* NULL = auto */
	int64_t batch;      /* samples a transaction; 0 = as is best */
};

struct flow_import_counts {   /* of this call */
	int64_t files, known; /* known: had nothing new */
	int64_t incomplete;   /* files that ended before their end */
	int64_t unusable; /* of no known format, without a time; said why */
	int64_t datagrams, lost_datagrams, malformed, samples, smtp_packets;
	int64_t listed; /* entries of sender lists */
};

/* Adds to *counts.  A file that cannot be used is no error: it changes nothing.
 * run: ports, rate, and the loss tracks, which the files of
 * one call share; its sink is set here.  since and until are not for it. */
int flow_import(struct store *s, const char *path,
    const struct flow_import_options *opt, struct flow_run *run,
    struct flow_import_counts *counts, struct err *e);

#endif
