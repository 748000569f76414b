/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Postfix parser, shared by its own files alone (parsers/postfix*.c).
 * What peers may choose of a line: HELO, envelope addresses, headers, SASL
 * names, remote replies.  So each reader here names which end of the line it
 * trusts, and refuses (leaves absent) what it cannot tell apart.
 */
#ifndef PARSERS_POSTFIX_H
#define PARSERS_POSTFIX_H

#include "input/parser.h"

/* The line in hand: where its events go. */
struct pf {
	struct event_sink *sink;
	struct str instance;
};

enum parsed pf_emit(const struct pf *pf, const struct event *ev);

/* "name[addr]" or "name[addr]:port", as smtpd and smtp print a peer. */
struct pf_peer {
	struct str name;
	struct addr addr;
	bool has_addr; /* false: "unknown[unknown]" or a socket path */
	bool local;    /* loopback or a UNIX socket */
	uint16_t port; /* 0 = not logged */
};
bool pf_peer(struct str *s, struct pf_peer *out);
void pf_client(struct event *ev, const struct pf_peer *peer);

/* Is this a queue id: short (hex) or long (base 52 with a "z")? */
bool pf_is_queue_id(struct str s);
/* Steps over "QID: " or "NOQUEUE: "; the id of the latter is absent. */
bool pf_queue_id(struct str *s, struct str *id);

/* Is an address whole as the log writes it: "..."@domain, or without any of
 * < > and quotes? */
bool pf_address_whole(struct str a);
/* Steps over "<address>": up to the first ">" that one of next follows. */
bool pf_address(
    struct str *s, const struct str *next, int n, struct str *address);

/* Steps over "554 5.7.1 ", either part may be missing. */
int pf_reply(struct str *s, struct str *dsn);

/* What ends a refusal: "; from=<> to=<> proto=P helo=<> sasl_username=<>". */
struct pf_tail {
	struct str sender, recipient, protocol, helo, auth_user;
};
/* Cuts the tail off s.  False, and s unchanged: no whole tail. */
bool pf_tail(struct str *s, struct pf_tail *t);
bool pf_tail_commas(struct str *s, struct pf_tail *t); /* postscreen's */

/* A text that is known: how it starts, and what else must be in it. */
struct pf_text {
	struct str starts, has; /* has may be absent */
};
bool pf_known(const struct pf_text *list, size_t n, struct str s);
#define PF_KNOWN(list, s) pf_known(list, sizeof(list) / sizeof(*(list)), s)

/* "warning: QID: text" of smtpd and cleanup where the client was refused and
 * no other line says so; s is what follows "warning: ". */
enum parsed pf_refused_data(const struct pf *pf, struct str s);

/* The line of one daemon. */
typedef enum parsed pf_reader(const struct pf *pf, struct str s);
pf_reader pf_smtpd, pf_cleanup, pf_postscreen, pf_agent;

/* "to=<r>, relay=..., status=..." of a queue id, by whatever daemon. */
enum parsed pf_delivery(const struct pf *pf, struct str id, struct str s);

#endif
