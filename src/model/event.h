/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event: what one log line says.  A parser turns a line into events; ingest
 * (assemble) joins the events of one message.  All text points into the line
 * or into the parser's constants and is valid only during the callback: the
 * sink copies what must live longer.  Absent text has p == NULL.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "model/delivery.h"

enum event_kind {
	EVENT_NONE,
	/* A client connected / went away; pid says which server process.
	 * Sets client_*; DISCONNECT also text such as "lost connection". */
	EVENT_CONNECT,
	EVENT_DISCONNECT,
	/* The message's SMTP transaction (or local submission): queue_id,
	 * client_*, helo, protocol, auth_user, sender, size, recipients if
	 * the MTA lists them.  Its time is the record's "received". */
	EVENT_ARRIVAL,
	/* More facts about a queue id that are not an arrival (message_id,
	 * sender, size, subject ...).  Fills only what is still absent. */
	EVENT_DETAIL,
	/* An outcome for the recipients: disposition, relay, dsn, reply,
	 * reason, and queued_as if the next hop told its queue id. */
	EVENT_ATTEMPT,
	/* The server refused (or tempfailed, discarded ...) a client's
	 * command: disposition, stage, reply, dsn, reason, client_*.
	 * Without a queue_id it is a transaction of its own. */
	EVENT_REJECT,
	/* The client went away before the message was accepted: queue_id or
	 * pid says which; stage says where. */
	EVENT_ABORT,
	/* What our own filter or server says of a message, for the verdict
	 * rules to read: text, and queue_id / message_id / pid as a link.
	 * Parsers of MTAs emit it for milter headers, ACL warnings, etc. */
	EVENT_NOTICE,
	/* queue_id is a bounce or other notification generated from
	 * parent_queue_id by the MTA itself. */
	EVENT_CHILD,
	/* queue_id is the same mail as parent_queue_id after a content
	 * filter (XFORWARD orig_queue_id, amavis Queue-ID ... queued_as). */
	EVENT_SAME,
	/* The message left the queue ("removed", "Completed"). */
	EVENT_END,
	/* The assembler's own: the session that received queue_id went on, or
	 * ended, without it, as far as its own lines tell. */
	EVENT_GIVEN_UP,
	EVENT_N
};

struct event {
	enum event_kind kind;
	struct str queue_id, parent_queue_id, queued_as;
	/* The server's id of the SMTP session, where it logs one; else the
	 * process is the session.  What CONNECT events say of a session's
	 * client (client_*, helo, auth_user, tls) holds for what follows. */
	struct str session;

	bool has_client, has_relay_addr;
	struct addr client;	/* the peer as the server saw it */
	struct addr relay_addr; /* address of the next hop */
	uint16_t client_port;	/* 0 = not logged */
	struct str client_name, helo, protocol, auth_user;
	int tls; /* -1 unknown, 0 no, 1 yes */

	struct str sender; /* without <>; "" is the null sender */
	const struct str *recipients;
	size_t nrecipients;
	int nrcpt; /* how many the MTA says there are, -1 unknown */
	struct str orig_recipient;
	int64_t size; /* octets, -1 unknown */
	struct str message_id; /* with its <> if the log has them */
	struct str subject;
	struct str relay;

	enum disposition disposition;
	enum stage stage;
	int reply;	/* 3-digit SMTP code, 0 unknown */
	struct str dsn; /* enhanced code, "5.7.1" */
	struct str reason;

	/* Text that verdict rules may read: written by our own server or
	 * filter, never text that only a peer chose (a remote host's reply,
	 * a HELO, an address).  Where the server's text begins with a quoted
	 * peer-chosen address, the parser cuts that off. */
	struct str text;
	/* What kind of text: "milter-reject", "proxy-reject", "acl-reject",
	 * "acl-warn", "header-add" ...; rules select on it. */
	struct str text_kind;

	/* DISCONNECT: how many MAIL commands of the session were refused,
	 * whether a line said so at the time or not. */
	int refused_mail;

	/* The same statement a second time in the same stream (Exim's
	 * reject log in syslog): counted once. */
	bool copy;
	/* Not the first arrival but the server's own loop: the client is our
	 * content filter on loopback or an own host. */
	bool reinjected;
};

/* An event with all numbers set to "unknown"; the same where it lies, which
 * takes less for what comes with each line. */
struct event event_of(enum event_kind kind);
void event_begin(struct event *ev, enum event_kind kind);

#endif
