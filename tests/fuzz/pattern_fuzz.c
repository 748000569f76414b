/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pattern parsers.  Input: a first line with the name of a shipped one, then
 * lines of a log; or else a parser file, which is loaded, and read as a log by
 * itself where it loads.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/utc.h"
#include "input/parsers.h"
#include "input/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define LINES 64
#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

static volatile uint8_t sum;

static const struct parsers *
shipped(void)
{
	static struct parsers *p;
	struct err e;

	if (p == NULL && parsers_load(&p, SOURCE_TREE "/parsers", &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return p;
}

static void
read_str(struct str s)
{
	CHECK(s.p != NULL || s.n == 0);
	for (size_t i = 0; i < s.n; i++)
		sum ^= (uint8_t)s.p[i];
}

static void
check_event(
    struct event_sink *sink, struct str instance, const struct event *ev)
{
	const struct str text[] = {instance, ev->queue_id, ev->parent_queue_id,
	    ev->queued_as, ev->session, ev->client_name, ev->helo, ev->protocol,
	    ev->auth_user, ev->sender, ev->orig_recipient, ev->message_id,
	    ev->subject, ev->relay, ev->dsn, ev->reason, ev->text,
	    ev->text_kind};

	(void)sink;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		read_str(text[i]);
	for (size_t i = 0; i < ev->nrecipients; i++)
		read_str(ev->recipients[i]);
	CHECK(ev->kind > EVENT_NONE && ev->kind <= EVENT_END);
	CHECK(ev->disposition < DISP_N && ev->stage < STAGE_N);
	CHECK(ev->tls >= -1 && ev->tls <= 1);
	CHECK(ev->nrcpt >= -1 && ev->size >= -1);
	CHECK(ev->reply >= 0 && ev->reply <= 599);
	CHECK(!str_has(ev->text) || str_has(ev->text_kind));
	CHECK(ev->has_client || ev->client_port == 0);
	if (ev->kind == EVENT_ARRIVAL || ev->kind == EVENT_ATTEMPT)
		CHECK(ev->queue_id.n > 0);
}

/* Each line in a block of its own, so that the sanitizer sees its end. */
static void
read_log(const struct parser_ops *p, struct str all)
{
	struct event_sink sink = {check_event};
	void *state = calloc(1, p->state_size + 1);
	int64_t last = UTC_NONE;

	for (int i = 0; i < LINES && str_has(all); i++) {
		struct str raw = str_split(&all, '\n');
		char *block = malloc(raw.n + !raw.n);
		struct log_line in = {.time = last,
		    .host = STR("here"),
		    .program = STR(""),
		    .pid = i & 1};
		enum headed head = HEAD_OTHER;

		memcpy(block, raw.p, raw.n);
		in.text = str_of(block, raw.n);
		if (p->head != NULL)
			head = p->head(p->cfg, in.text, NULL, state, &in);
		read_str(in.text);
		read_str(in.host);
		in.continuation = head == HEAD_UNTIMED;
		if (head == HEAD_TIMED)
			last = in.time;
		if (head != HEAD_BAD)
			p->line(p->cfg, &in, state, &sink);
		free(block);
	}
	free(state);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = str_of((const char *)data, n), rest = text, name;
	const struct parser_ops *p = NULL;
	struct pattern_file *f;
	struct err e;

	if (n > 1 << 16)
		return 0;
	if (str_until(&rest, STR("\n"), &name))
		p = parsers_find(shipped(), name);
	if (p != NULL && p->cfg != NULL) { /* not those in C */
		read_log(p, rest);
		return 0;
	}
	if (pattern_read(&f, text, "fuzz", &e) < 0) {
		CHECK(str_starts(str_z(e.text), STR("fuzz:")) ||
		      e.code == ERR_FAIL);
		return 0;
	}
	read_log(pattern_ops(f), text);
	pattern_free(f);
	return 0;
}
