/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text through the shipped verdict rules.  Input: a first line
 * "PROGRAM" or "MTA/KIND/STAGE", then the text.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rule/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct rules *
rules(void)
{
	static struct rules *r;
	struct err e;

	if (r == NULL && rules_load(&r, SOURCE_TREE "/rules/verdict", &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return r;
}

/* Whatever is given out must lie within the text. */
static void
within(struct str part, struct str text)
{
	if (str_has(part) &&
	    (part.p < text.p || part.p + part.n > text.p + text.n))
		abort();
}

static void
try_line(struct str program, struct str text)
{
	struct log_line in = {.program = program, .text = text};
	struct event ev;
	struct verdict v;

	if (rules_line(rules(), &in, &ev, &v) != PARSED_USED)
		return;
	within(ev.queue_id, text);
	within(ev.queued_as, text);
	within(ev.message_id, text);
	within(ev.sender, text);
	within(v.signature, text);
	if (ev.nrecipients)
		within(ev.recipients[0], text);
	if (!str_has(v.rule) || v.kind >= VERDICT_N)
		abort();
}

static void
try_text(struct str mta, struct str how, struct str text)
{
	struct event ev = event_of(EVENT_REJECT);
	struct verdict v;
	char name[16] = "";

	memcpy(name, mta.p, mta.n < 15 ? mta.n : 15);
	ev.text = text;
	ev.text_kind = str_split(&how, '/');
	ev.stage = (enum stage)name_find(stage_name, STAGE_N, how);
	if (!rules_text(rules(), name, &ev, &v))
		return;
	within(v.signature, text);
	/* Before DATA nobody has seen the content. */
	if (v.kind >= VERDICT_SPAM && ev.stage != STAGE_NONE &&
	    ev.stage < STAGE_DATA && str_ends(ev.text_kind, STR("reject")))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = str_of((const char *)data, n), head, mta;

	if (!str_until(&text, STR("\n"), &head))
		return 0;
	if (str_until(&head, STR("/"), &mta))
		try_text(mta, head, text);
	else
		try_line(head, text);
	return 0;
}
