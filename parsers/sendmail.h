/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the Sendmail parser (parsers/sendmail*.c).  Formats are those of
 * sendmail 8.8 to 8.18: "Sendmail Installation and Operation Guide" 2.1.3
 * (log format) and the sm_syslog() calls of the sources named at each reader.
 */
#ifndef PARSERS_SENDMAIL_H
#define PARSERS_SENDMAIL_H

#include "input/parser.h"

/* What became of the last message of a server process. */
enum sm_fate {
	SM_OPEN,
	SM_ABORTED,
	SM_REJECTED,
	SM_TEMPFAILED,
	SM_DISCARDED,
};

/* Initialiser of a struct str in a table. */
#define SM_LIT(lit)                                                            \
	{                                                                      \
		(lit), sizeof(lit) - 1                                         \
	}

#define SM_AUTH_MAX 100
#define SM_WAYS     4
#define SM_SESSIONS (64 * SM_WAYS)
#define SM_PART_MAX 8192

/* One server process: sendmail forks one for each connection. */
struct sm_session {
	uint64_t key; /* of host and pid; 0 = free */
	uint64_t queue_id;
	int64_t time; /* last use, microseconds UTC */
	struct addr client;
	char auth[SM_AUTH_MAX];
	uint8_t nauth, fate;
	uint16_t reply;
};

/* A line that sendmail itself cut into QID[1]: ..., QID[2]: ... */
struct sm_parts {
	uint64_t key, queue_id;
	uint32_t next, n;
	char text[SM_PART_MAX];
};

struct sm_state {
	struct sm_session session[SM_SESSIONS];
	struct sm_parts parts;
};

/* One line on its way through the readers. */
struct sm {
	const struct log_line *in;
	struct sm_state *state;
	struct event_sink *sink;
	struct str queue_id; /* absent: none, or NOQUEUE */
	struct str text;     /* what follows the queue id */
};

/* "name [addr] (may be forged)", the macro $_. */
struct sm_peer {
	struct str name;
	struct addr addr;
	bool has_addr;
};

/* sendmail_field.c */
bool sm_queue_id(struct str *s, struct str *out);
/* Length of the address or argument at the start of s: up to a ", " or the
 * end, outside of quotes and <>.  -1: quotes or <> are not balanced. */
ptrdiff_t sm_arg(struct str s);
/* Offset of the first backslash, quote, < > or comma from `from` on; past the
 * end of s if there is none. */
size_t sm_special(struct str s, size_t from);
struct str sm_bare(struct str address); /* without its <> */
/* str2prt() in util.c wrote backslash as "\\\\", TAB as "\\t" and what is not
 * ASCII as "\\ooo": undone into buf (room for s.n bytes).  Line ends stay. */
struct str sm_unescape(struct str s, char *buf);
/* Absent if sendmail shortened it ("<aaa...bbb>"): then it is not known. */
struct str sm_whole(struct str address);
bool sm_peer(struct str relay, struct sm_peer *out); /* true: has_addr */
void sm_client(struct event *ev, struct str relay);
/* "550 5.7.1 text" -> reply, dsn, reason, disposition. */
void sm_reply(struct event *ev, struct str s);
bool sm_dsn(struct str *s, struct str *out);
/* The part of a refusal that this server wrote: a leading "<address>... "
 * and what follows a quoted sender are cut off. */
struct str sm_own_text(struct str reason);

/* sendmail.c */
void sm_emit(struct sm *c, const struct event *ev);
struct event sm_event(const struct sm *c, enum event_kind kind);
void sm_begin(const struct sm *c, struct event *ev, enum event_kind kind);
void sm_abort(struct sm *c, const struct event *facts, enum stage stage);
struct sm_session *sm_session(struct sm *c, bool make); /* NULL: none */
void sm_set_fate(struct sm *c, enum disposition d, int reply);
enum sm_fate sm_fate(struct sm *c, int *reply);

/* sendmail_message.c */
enum parsed sm_from(struct sm *c);
enum parsed sm_to(struct sm *c);

/* sendmail_reject.c */
enum parsed sm_ruleset(struct sm *c);
enum parsed sm_milter(struct sm *c);
enum parsed sm_milter_action(struct sm *c);
enum parsed sm_user_error(struct sm *c);
enum parsed sm_discarded(struct sm *c);

#endif
