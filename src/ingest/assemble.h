/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembler: joins the events of one message by (host, instance, queue id,
 * time), follows re-injection through a content filter on the same host, and
 * links verdicts.  Event time only, never the wall clock.  A message leaves
 * through the sink when its queue ids have ended and a while has passed in
 * which late lines may still come.
 */
#ifndef INGEST_ASSEMBLE_H
#define INGEST_ASSEMBLE_H

#include "base/buf.h"
#include "base/texts.h"
#include "ingest/message.h"
#include "model/config.h"

/* Where an event was read. */
struct origin {
	struct str host, mta, instance; /* mta: absent for a filter's line */
	int pid;
	struct str session; /* absent: the process is the session */
	int64_t time;
	struct evidence evidence; /* source must outlive the assembler */
	unsigned source;          /* number of the input file in this call */
	enum direction direction; /* as configured for that file */
};

struct pending;

struct message_sink {
	/* The message is complete, and the sink's now: message_free(). */
	void (*message)(struct message_sink *sink, struct message *m);
	/* A message that never became one is forgotten: valid during the call
	 * only.  May be NULL. */
	void (*empty)(struct message_sink *sink, struct message *m);
	/* A verdict has found no message within the time that it is held, and
	 * is the sink's now.  NULL: it is dropped. */
	void (*waiting)(struct message_sink *sink, struct pending *p);
};

struct assembler;

struct assembly_counts {
	int64_t messages;           /* left through the sink */
	int64_t unlinked_verdicts;  /* that found no message */
	int64_t ambiguous_verdicts; /* whose Message-ID was not unique */
	int64_t expired;            /* messages that never ended */
};

struct assembler *assembler_new(struct message_sink *sink);
/* Our own servers: mail that one of them hands to another is one message.
 * The prefixes must outlive the assembler. */
void assembler_own_hosts(
    struct assembler *a, const struct prefix *own, size_t n);
void assembler_free(struct assembler *a);

/* A line's text before it is read, where what is said of it need not be copied
 * any more (held.h); valid until the next call. */
struct str assembler_text(struct assembler *a, struct str text);
/* One event; v: what a verdict rule says of its text or line, or NULL.  It
 * is used once event time has come HELD_TIME further (held.h). */
void assemble(struct assembler *a, const struct origin *o,
    const struct event *ev, const struct verdict *v);
/* Event time has come this far in every source; a line of that host said so
 * (event_time.h). */
void assembler_advance(struct assembler *a, struct str host, int64_t now);
/* No earlier line comes: all events are used. */
void assembler_settle(struct assembler *a);
/* Everything leaves, whether ended or not. */
void assembler_flush(struct assembler *a);

struct assembly_counts assembler_counts(const struct assembler *a);
size_t assembler_open(const struct assembler *a);    /* messages held */
size_t assembler_unended(const struct assembler *a); /* ... not ended yet */

/* Is that the address of one of our servers? */
bool assembler_is_own(const struct assembler *a, bool has, struct addr addr);

/* Between runs (src/ingest/spill.c).  Each open message and each waiting
 * verdict is one blob; visiting order is that of their making.  A message that
 * is visited may be asleep: message_wake() before more is asked of it than
 * sleepers.h says is there. */
/* Sessions and recent refusals, and the event time. */
void assembler_save(const struct assembler *a, struct buf *out);
bool assembler_restore(struct assembler *a, struct str state);
int64_t assembler_now(const struct assembler *a); /* UTC_NONE at first */
struct message *assembler_next(struct assembler *a, const struct message *m);
/* One that was visited and woken (sleepers.h) sleeps again, unless it cannot:
 * the message where it lies now. */
struct message *assembler_rest(struct assembler *a, struct message *m);
void assembler_adopt(struct assembler *a, struct message *m);
struct texts *assembler_paths(struct assembler *a); /* which evidence names */

/* The verdicts that still wait, for the writer; see pending.h. */
struct pending_set *assembler_pending(struct assembler *a);
struct mid_index *assembler_mids(struct assembler *a);
/* All of them go to the sink. */
void assembler_let_verdicts_go(struct assembler *a);

#endif
