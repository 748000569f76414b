/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector's second thread: it writes what the first has received, so
 * that neither fsync nor another writer's lock makes the kernel drop.  Each
 * job is one transaction with the session's row.  A job that fails (disk full,
 * locked) is tried again every second; nothing is lost meanwhile.
 *
 * The samples come first; the sender slots follow in a transaction of their
 * own, when they are over and now and then before.
 */
#ifndef INGEST_FLOW_WRITER_H
#define INGEST_FLOW_WRITER_H

#include "ingest/flow_batch.h"
#include "ingest/flow_session.h"

struct flow_writer;

struct flow_job {
	struct flow_batch *batch; /* the writer's until it is idle again */
	struct flow_collect_counts counts;
	int64_t alive; /* what came before is in this batch, or stored */
	bool last;
};

/* The store is the writer's until flow_writer_finish(). */
int flow_writer_start(struct flow_writer **out, struct store *s,
    const char *listen, int64_t flush, const struct port_set *ports,
    struct err *e);
bool flow_writer_idle(struct flow_writer *w);
void flow_writer_give(struct flow_writer *w, const struct flow_job *job);
/* The longest it took from giving a job until it was stored. */
int64_t flow_writer_slowest(struct flow_writer *w);
/* Writes the last job, ends the session and frees the writer.  Now a failure
 * is tried once more only, and then returned. */
int flow_writer_finish(
    struct flow_writer *w, const struct flow_job *last, struct err *e);

#endif
