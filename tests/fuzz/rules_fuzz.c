/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text through the shipped verdict rules.  Input: a first line
 * "PROGRAM" or "MTA/KIND/STAGE", then the text.  What is known of a text from
 * before must be what is found when it is looked at anew.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rule/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct rules *
load(void)
{
	struct rules *r = NULL;
	struct err e;

	if (rules_load(&r, SOURCE_TREE "/rules/verdict", &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return r;
}

static struct rules *
rules(void)
{
	static struct rules *r;

	if (r == NULL)
		r = load();
	return r;
}

/* Those that know no text from before. */
static struct rules *
rules_anew(void)
{
	static struct rules *r;

	if (r == NULL) {
		r = load();
		rules_forget_texts(r);
	}
	return r;
}

static bool
same_verdict(const struct verdict *a, const struct verdict *b)
{
	return a->kind == b->kind && str_eq(a->filter, b->filter) &&
	       str_eq(a->rule, b->rule) && a->signature.p == b->signature.p &&
	       a->signature.n == b->signature.n &&
	       a->has_score == b->has_score &&
	       a->has_threshold == b->has_threshold &&
	       memcmp(&a->score, &b->score, sizeof(a->score)) == 0 &&
	       memcmp(&a->threshold, &b->threshold, sizeof(a->score)) == 0;
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
	struct verdict v, again, anew;
	char name[16] = "";
	bool has;

	memcpy(name, mta.p, mta.n < 15 ? mta.n : 15);
	ev.text = text;
	ev.text_kind = str_split(&how, '/');
	ev.stage = (enum stage)name_find(stage_name, STAGE_N, how);
	has = rules_text(rules(), name, &ev, &v);
	if (rules_text(rules(), name, &ev, &again) != has ||
	    rules_text(rules_anew(), name, &ev, &anew) != has)
		abort();
	if (!has)
		return;
	if (!same_verdict(&v, &again) || !same_verdict(&v, &anew))
		abort();
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
