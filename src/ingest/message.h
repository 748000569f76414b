/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message: one mail (or one refused transaction) as it is put together from
 * events: its queue ids, recipients, attempts and verdicts.  All text is in
 * the message's own arena; merging keeps the other's arena alive.
 */
#ifndef INGEST_MESSAGE_H
#define INGEST_MESSAGE_H

#include "base/arena.h"
#include "model/event.h"

/* The mail of a queue id was handed to another id that is not known yet: the
 * line that tells so came before that id's own. */
struct hop {
	uint64_t key; /* the assembler's, of the other id */
	int64_t time;
	bool many; /* more than one mail was: it tells nothing */
	struct queue_entry *from;
	struct hop *next; /* of the same queue id */
};

/* One queue id of a message: the one the client was told comes first, then
 * those of its re-injections on the same host, and of our next servers. */
struct queue_entry {
	struct message *message;
	uint64_t hash;             /* the assembler's, of the id */
	struct queue_entry *next;  /* of the message */
	struct queue_entry *chain; /* of the same hash, for the assembler */
	/* Of a message that is asleep there is no more than the above. */

	struct str id, instance;
	struct str host, mta; /* whose id it is: of the message at first */
	bool arrived, ended;
	int64_t first;    /* time of its first event */
	uint64_t session; /* the assembler's key of who received it, or 0 */
	struct hop *hops;
};

struct attempt {
	int64_t time;
	enum disposition disposition;
	int reply;
	struct str dsn, reason, relay;
	bool has_relay_addr;
	struct addr relay_addr;
	struct evidence evidence;
	struct attempt *next;
};

struct recipient {
	struct str addr, orig;
	struct queue_entry *queue; /* whose outcome this is */
	struct str handed_to;      /* queue id of our own next hop, or absent */
	struct attempt outcome;    /* the latest; disposition may be NONE */
	enum stage stage;
	bool hint; /* only a filter named it: it may be an alias */
	struct attempt *attempts; /* oldest first */
	struct recipient *next;
};

struct message_verdict {
	struct verdict v;
	int64_t time;
	struct message_verdict *next;
};

struct message {
	/* First what is asked of a message with each of its lines, and by its
	 * neighbours in the assembler's list: it is in few lines of cache. */
	struct message *list_next, *list_prev;
	uint8_t list;           /* 0 = on none */
	bool dirty, rows_dirty; /* the writer's */
	bool arrived, reinjected, child, has_client; /* awake */
	int64_t due;         /* what its place in the list says of last */
	int64_t received, last;
	struct queue_entry *queues;
	struct mid_use *mid; /* its place in the Message-ID index */
	int64_t slot;        /* the writer's: row id in open_message, 0 = none */
	uint64_t stored_key; /* ... rows are in the store under this key */
	struct nap *nap;     /* it is asleep (sleepers.h), or NULL */
	/* Of one that is asleep there is no more than the above. */

	struct recipient *recipients, **recipients_end;
	struct arena mem;
	int64_t first;
	int64_t size;
	int nrcpt, tls;
	bool refused; /* the server refused it after DATA: refusal tells how */
	uint16_t client_port;
	struct addr client;

	struct str host, mta;
	uint64_t transaction; /* identity if there is no queue id */
	struct str client_name, helo, protocol, auth_user;
	struct str sender, message_id, subject, parent_queue_id;
	enum direction told;      /* as configured for its file, or DIR_NONE */
	enum direction direction; /* of its rows */
	struct attempt refusal;
	enum stage refusal_stage;
	size_t nrecipients;
	struct message_verdict *verdicts, **verdicts_end;
	struct evidence evidence; /* of the arrival */

	struct message *absorbed; /* merged into this one, for its memory */
	struct message *awake_next, *awake_prev; /* see sleepers.h */
	int64_t heard; /* last, when it got its place there */
	const struct arena_block *weighed; /* mem.head, when it had ... */
	size_t weight;                     /* ... so many bytes */
};

/* The assembler's, of messages. */
struct message_list {
	struct message *first, *last;
};

struct message *message_new(struct str host, struct str mta, int64_t t);
/* Bytes that it takes, without what it absorbed. */
size_t message_bytes(const struct message *m);
void message_free(struct message *m);

struct queue_entry *message_queue(
    struct message *m, struct str id, struct str instance, int64_t t);
struct hop *message_hop(struct queue_entry *q, uint64_t key, int64_t t);
/* Fills what the event tells and the message does not know yet. */
void message_fill(struct message *m, const struct event *ev);
/* The row of that recipient; addr may be absent.  A row of the envelope that
 * has no outcome yet becomes the row of what its alias was expanded to. */
struct recipient *message_recipient(
    struct message *m, struct queue_entry *q, struct str addr, struct str orig);
/* One more row, as it was written down. */
struct recipient *message_row(
    struct message *m, struct queue_entry *q, struct str addr, struct str orig);
/* A filter's line names a recipient: on record only where the server itself
 * names none. */
void message_hint(struct message *m, struct queue_entry *q, struct str addr);
/* Does it have an outcome that will stay? */
bool recipient_settled(const struct recipient *r);
/* Its copy with its texts. */
struct attempt message_keep(struct message *m, const struct attempt *at);
/* Adds an attempt unless the very same is there; true if it was new.  Of two
 * of one time, the one that settles it is the later. */
bool message_attempt(
    struct message *m, struct recipient *r, const struct attempt *at);
/* The server's refusal of one recipient, which stays what became of it. */
void message_refuse_one(struct message *m, struct recipient *r,
    const struct attempt *at, enum stage stage);
/* The server's refusal of the whole message; every other row gets it. */
void message_refuse(
    struct message *m, const struct attempt *at, enum stage stage);
void message_add_verdict(
    struct message *m, const struct verdict *v, int64_t time);
/* Has a filter said the same of it already? */
bool message_has_verdict(const struct message *m, const struct verdict *v);
/* Takes away what was said so at that time: false, it was not. */
bool message_drop_verdict(
    struct message *m, const struct verdict *v, int64_t time);
const struct message_verdict *message_worst(const struct message *m);
/* b becomes part of a; b must not be used again. */
void message_merge(struct message *a, struct message *b);
/* Rows that are on record: a recipient handed to our own content filter is
 * left out where the outcome behind the filter is known. */
bool message_shows(const struct message *m, const struct recipient *r);
/* design.md section 4: the same whenever the same lines are read. */
uint64_t message_key(const struct message *m);
/* Is every recipient that the server counted settled? */
bool message_settled(const struct message *m);
/* When the last of its recipients was settled; INT64_MAX = not yet, as far as
 * is known. */
int64_t message_done(const struct message *m);
/* A transaction that was given up before it named a recipient. */
bool message_is_empty(const struct message *m);

#endif
