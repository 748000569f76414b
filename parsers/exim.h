/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pieces of Exim's log grammar, shared by parsers/exim*.c.  All readers
 * go from left to right and step over what they read; nothing is searched for
 * in text that a peer could have chosen.  Sources: Exim specification, chapter
 * "Log files"; deliver.c, receive.c, host.c and smtp_in.c for the exact order.
 */
#ifndef PARSERS_EXIM_H
#define PARSERS_EXIM_H

#include "input/parser.h"

/* "name (helo) [address]:port": how Exim shows an SMTP peer.  Everything in
 * the round brackets was chosen by the peer. */
struct exim_host {
	struct str name; /* verified by DNS; absent if it is not known */
	struct str helo; /* absent if not shown */
	struct addr addr;
	uint16_t port; /* 0 = not logged */
	/* The peer's text imitates a host group, so that the line can be read
	 * in two ways: no address and no later field is to be believed. */
	bool doubtful;
};

/* One line on its way through the parser. */
struct exim_line {
	const struct log_line *in;
	struct event_sink *sink;
	struct str id;   /* message id, absent if the line has none */
	struct str text; /* what follows it */
	bool cut;        /* Exim's buffer was too small for it */
	bool copy;       /* the same line was read just before */
	bool rejected;   /* an EVENT_REJECT was emitted */
};

/* Message ids: 6-6-2, since Exim 4.97 6-11-4.  Steps over the id and the
 * space behind it. */
bool exim_id(struct str *s, struct str *id);
/* A word that may have quoted parts with spaces in them, as in an address
 * "a b"@example.org; ends before a space. */
struct str exim_word(struct str *s);
/* "<address>" with quoted parts; addr is without the angle brackets. */
bool exim_bracketed(struct str *s, struct str *addr);
/* "quoted text" with \" inside; out is without the quotes. */
bool exim_quoted(struct str *s, struct str *out);
/* "NAME=value", "NAME=\"value\"" or a bare word such as "K" or "L-" (then
 * the value is absent); steps over spaces before it. */
struct exim_field {
	struct str name, value;
};
struct exim_field exim_field(struct str *s);
/* A host group; false if s does not start with one. */
bool exim_host(struct str *s, struct exim_host *h);
/* Fills client_*, helo of ev. */
void exim_client(struct event *ev, const struct exim_host *h);
/* Reads "550 5.7.1 text" into reply and dsn if it starts so. */
void exim_reply(struct event *ev, struct str text);
/* Space separated addresses up to the end; returns how many there are and
 * stores at most max. */
size_t exim_addresses(struct str s, struct str *out, size_t max);
void exim_emit(struct exim_line *l, struct event *ev);

/* Lines about a message on its way: <=, =>, ->, >>, *>, **, ==, Completed.
 * PARSED_UNKNOWN if the line is none of these. */
enum parsed exim_message(struct exim_line *l);
/* Lines about a peer: rejections, warnings, lost connections. */
enum parsed exim_session(struct exim_line *l);

#define EXIM_RECIPIENTS_MAX 4096 /* a log line of Exim is 8 KiB at most */

#endif
