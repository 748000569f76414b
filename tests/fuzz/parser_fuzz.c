/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every parser of parser_table on any lines.  The first byte of the input
 * chooses the program name, the rest is split into lines; each line is a
 * block of its own, so that the sanitizer sees a read past its end.  What is
 * emitted must be readable, and the enums and counts must be in range.
 */
#include <stdint.h>
#include <stdlib.h>

#include "input/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const programs[] = {"postfix/smtpd", "postfix/qmgr",
    "postfix/smtp", "postfix/cleanup", "postfix/postscreen", "postfix/bounce",
    "postfix-out/submission/smtpd", "exim", "sm-mta", "sendmail",
    "sm-msp-queue", "postfix/lmtp", "postfix/pickup", "postfix/tlsproxy",
    "postfix/anvil", ""};

#define LINE_MAX 65536
#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

static volatile uint8_t sum;

static void
check_str(struct str s)
{
	CHECK(s.p != NULL || s.n == 0);
	CHECK(s.n <= LINE_MAX);
	for (size_t i = 0; i < s.n; i++)
		sum ^= (uint8_t)s.p[i];
}

static void
check_event(
    struct event_sink *sink, struct str instance, const struct event *ev)
{
	const struct str text[] = {instance, ev->queue_id, ev->parent_queue_id,
	    ev->queued_as, ev->client_name, ev->helo, ev->protocol,
	    ev->auth_user, ev->sender, ev->orig_recipient, ev->message_id,
	    ev->subject, ev->relay, ev->dsn, ev->reason, ev->text,
	    ev->text_kind};

	(void)sink;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		check_str(text[i]);
	CHECK(ev->nrecipients == 0 || ev->recipients != NULL);
	for (size_t i = 0; i < ev->nrecipients; i++)
		check_str(ev->recipients[i]);
	CHECK(ev->kind > EVENT_NONE && ev->kind <= EVENT_END);
	CHECK(ev->disposition < DISP_N && ev->stage < STAGE_N);
	CHECK(ev->tls >= -1 && ev->tls <= 1);
	CHECK(ev->nrcpt >= -1 && ev->size >= -1);
	CHECK(ev->reply >= 0 && ev->reply <= 999);
	CHECK(!str_has(ev->text) || str_has(ev->text_kind) ||
	      ev->kind == EVENT_DISCONNECT || ev->kind == EVENT_CONNECT);
}

static void
parse_lines(const struct parser_ops *parser, struct str program, struct str all)
{
	struct event_sink sink = {check_event};
	void *state =
	    parser->state_size > 0 ? calloc(1, parser->state_size) : NULL;
	struct log_line in = {.time = INT64_C(1795433600000000),
	    .host = STR("relay"),
	    .program = program,
	    .pid = 7};

	parser->claims(parser->cfg, program);
	for (int i = 0; str_has(all) && i < 64; i++) {
		struct str line = str_split(&all, '\n');
		char *block = malloc(line.n + !line.n);
		enum parsed p;

		memcpy(block, line.p, line.n);
		in.text = str_of(block, line.n);
		in.time += 1000;
		in.continuation = i > 0 && line.n > 1 && line.p[1] == ' ';
		p = parser->line(parser->cfg, &in, state, &sink);
		CHECK(p == PARSED_UNKNOWN || p == PARSED_IGNORED ||
		      p == PARSED_USED);
		free(block);
	}
	free(state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t n = sizeof(programs) / sizeof(*programs);

	if (size < 2 || size > LINE_MAX)
		return 0;
	for (size_t i = 0; parser_table[i] != NULL; i++)
		parse_lines(parser_table[i], str_z(programs[data[0] % n]),
		    str_of((const char *)data + 1, size - 1));
	return 0;
}
