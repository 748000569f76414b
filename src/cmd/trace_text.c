/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a trace for people:
 *
 *	message 1b5c...  queue id 4XyZ8k1vQ2z9Rf on mx1 (postfix)
 *	  client 192.0.2.7:51234 (c7.pool.example), helo c7.example
 *	  from <a@c7.example>, 1234 octets, message-id <1@c7.example>
 *	  2026-11-23T11:12:43.000Z  received
 *	  2026-11-23T11:12:44.120Z  verdict   amavis: spam, score 7.5 of 6.3
 *	                            /var/log/mail.log:123
 */
#include "cmd/trace.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json_out.h"
#include "base/utc.h"

/* Control bytes of log text never reach the terminal. */
static void
clean(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		buf_c(b, c < 0x20 || c == 0x7f ? '?' : (char)c);
	}
}

/* before, the value, after; nothing if it is unknown. */
static void
part(
    struct buf *b, const char *before, const struct value *v, const char *after)
{
	char text[UTC_TEXT_MAX];

	if (v->type == VALUE_NULL)
		return;
	buf_z(b, before);
	if (v->type == VALUE_INT || v->type == VALUE_BOOL)
		buf_printf(b, "%lld", (long long)v->i);
	else if (v->type == VALUE_TIME)
		buf_put(b, text, utc_format(v->i, text));
	else if (v->type == VALUE_REAL)
		json_number(b, v->r);
	else
		clean(b, v->s);
	buf_z(b, after);
}

static void
print_head(struct buf *b, const struct value *v)
{
	part(b, "message ", &v[TRACE_message_key], "");
	part(b, "  queue id ", &v[TRACE_queue_id], "");
	part(b, " on ", &v[TRACE_host], "");
	part(b, " (", &v[TRACE_mta], ")\n");
	if (v[TRACE_client_addr].type != VALUE_NULL) {
		part(b, "  client ", &v[TRACE_client_addr], "");
		part(b, ":", &v[TRACE_client_port], "");
		part(b, " (", &v[TRACE_client_name], ")");
		part(b, ", helo ", &v[TRACE_helo], "");
		part(b, ", ", &v[TRACE_protocol], "");
		part(b, ", account ", &v[TRACE_auth_user], "");
		buf_c(b, '\n');
	}
	if (v[TRACE_sender].type != VALUE_NULL) {
		part(b, "  from <", &v[TRACE_sender], ">");
		part(b, ", ", &v[TRACE_size], " octets");
		part(b, ", message-id ", &v[TRACE_message_id], "");
		part(b, ", subject \"", &v[TRACE_subject], "\"");
		buf_c(b, '\n');
	}
	part(b, "  a notification about ", &v[TRACE_parent_queue_id], "\n");
}

/* The server's reply; its text often starts with the codes already. */
static void
print_reply(struct buf *b, const struct value *v)
{
	char code[16];

	snprintf(code, sizeof(code), "%lld", (long long)v[TRACE_reply].i);
	buf_z(b, ":");
	if (!str_starts(v[TRACE_reason].s, str_z(code))) {
		part(b, " ", &v[TRACE_reply], "");
		part(b, " ", &v[TRACE_dsn], "");
	}
	part(b, " ", &v[TRACE_reason], "");
}

static void
print_mail(struct buf *b, const struct value *v)
{
	part(b, "<", &v[TRACE_recipient], "> ");
	part(b, "", &v[TRACE_disposition], "");
	part(b, " at ", &v[TRACE_stage], "");
	part(b, " by ", &v[TRACE_relay], "");
	part(b, " as ", &v[TRACE_final_queue_id], "");
	if (v[TRACE_reply].type != VALUE_NULL ||
	    v[TRACE_dsn].type != VALUE_NULL ||
	    v[TRACE_reason].type != VALUE_NULL)
		print_reply(b, v);
	part(b, "", &v[TRACE_filter], ": ");
	part(b, "", &v[TRACE_verdict], "");
	part(b, " ", &v[TRACE_signature], "");
	part(b, ", score ", &v[TRACE_score], "");
	part(b, " of ", &v[TRACE_threshold], "");
	part(b, ", rule ", &v[TRACE_rule], "");
}

static void
print_address(struct buf *b, const struct value *v)
{
	part(b, "customer ", &v[TRACE_customer], "");
	part(b, "", &v[TRACE_kind], "");
	if (v[TRACE_port_first].type != VALUE_NULL) {
		part(b, ", port ", &v[TRACE_port_first], "");
		part(b, " to ", &v[TRACE_port_last], "");
	}
	part(b, "", &v[TRACE_packets], " sampled packets");
	part(b, ", ", &v[TRACE_client_packets], " as client");
	part(b, ", ", &v[TRACE_server_packets], " as server");
	part(b, ", ", &v[TRACE_syn], " SYN");
	part(b, ", ", &v[TRACE_answered], " answered");
	part(b, ", 1 of ", &v[TRACE_rate], "");
	part(b, ", agent ", &v[TRACE_agent], "");
	part(b, ", from ", &v[TRACE_reporter], "");
	part(b, ", until ", &v[TRACE_until], "");
	part(b, ", ", &v[TRACE_reason], "");
}

static void
print_fact(struct buf *b, const struct value *v)
{
	size_t line = b->n;

	buf_z(b, "  ");
	if (v[TRACE_time].type == VALUE_NULL)
		buf_printf(b, "%-24s", "since ever");
	else
		part(b, "", &v[TRACE_time], "");
	buf_z(b, "  ");
	part(b, "", &v[TRACE_fact], "");
	while (b->n < line + 38)
		buf_c(b, ' ');
	if (v[TRACE_message_key].type != VALUE_NULL)
		print_mail(b, v);
	else
		print_address(b, v);
	while (b->n > line && b->p[b->n - 1] == ' ')
		b->n--;
	buf_c(b, '\n');
	if (v[TRACE_source].type == VALUE_NULL)
		return;
	buf_printf(b, "%28s", "");
	part(b, "", &v[TRACE_source], "");
	part(b, ":", &v[TRACE_line], "");
	buf_c(b, '\n');
}

struct text_state {
	struct buf key; /* the message whose facts are being printed */
};

static void
text_begin(struct output *o)
{
	o->state = xcalloc(1, sizeof(struct text_state));
}

static void
text_row(struct output *o, const struct value *v)
{
	struct text_state *t = o->state;
	struct str key = v[TRACE_message_key].s;

	if (o->rows == 0 || !str_eq(buf_str(&t->key), key)) {
		if (o->rows > 0)
			buf_c(&o->buf, '\n');
		if (str_has(key))
			print_head(&o->buf, v);
		else
			buf_z(&o->buf, "address\n");
		t->key.n = 0;
		buf_s(&t->key, key);
	}
	print_fact(&o->buf, v);
}

static void
text_end(struct output *o)
{
	struct text_state *t = o->state;

	buf_free(&t->key);
	free(t);
}

const struct output_ops trace_text = {
    .name = "text",
    .media_type = "text/plain",
    .summary = "a message's facts in the order of time",
    .begin = text_begin,
    .row = text_row,
    .end = text_end,
};
