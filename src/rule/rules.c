/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict rules: applying them. */
#include "rule/rules.h"

#include <stdlib.h>

#include "base/hash.h"
#include "rule/rules_set.h"

const char *const rule_field_name[FIELD_N] = {
    [FIELD_QUEUE_ID] = "queue_id",
    [FIELD_QUEUED_AS] = "queued_as",
    [FIELD_MESSAGE_ID] = "message_id",
    [FIELD_CLIENT_ADDR] = "client_addr",
    [FIELD_CLIENT_PORT] = "client_port",
    [FIELD_SENDER] = "sender",
    [FIELD_RECIPIENT] = "recipient",
    [FIELD_SIZE] = "size",
    [FIELD_SCORE] = "score",
    [FIELD_THRESHOLD] = "threshold",
    [FIELD_SIGNATURE] = "signature",
};

bool
rule_suits(const struct rule *r, struct str mta, enum stage stage)
{
	size_t i;

	if (r->stages && !(r->stages & 1u << stage))
		return false;
	for (i = 0; i < r->nmta && !str_eq(r->mta[i], mta); i++)
		;
	return r->nmta == 0 || i < r->nmta;
}

static struct str
field_of(const struct rule *r, const struct str *groups, enum rule_field f)
{
	return r->field[f] ? groups[r->field[f]] : STR_NONE;
}

static enum verdict_kind
one_signature(const struct rules *set, struct str name)
{
	struct str groups[REGEX_GROUPS];
	const struct signature *s = set->signatures;

	for (; s < set->signatures + set->nsignatures; s++)
		switch (regex_match(s->match, name, groups)) {
		case REGEX_YES:
			return s->kind;
		case REGEX_GAVE_UP:
			return VERDICT_NONE;
		case REGEX_NO:
			break;
		}
	return VERDICT_VIRUS;
}

enum verdict_kind
rules_signature(const struct rules *set, struct str names)
{
	enum verdict_kind kind, worst = VERDICT_NONE;
	struct str name;

	while (str_has(names)) {
		name = str_trim(str_split(&names, ','));
		if (name.n == 0)
			continue;
		kind = one_signature(set, name);
		if (kind > worst)
			worst = kind;
	}
	return worst;
}

/* The outcome of a rule that compares; nothing is said without numbers. */
static int
by_score(const struct rule *r, const struct verdict *v)
{
	if (!v->has_score || !(v->has_threshold || r->has_at_least))
		return VERDICT_NONE;
	return v->score >= (r->has_at_least ? r->at_least : v->threshold)
	           ? r->fixed
	           : r->otherwise;
}

static int
by_word(const struct rule *r, const struct str *groups)
{
	for (size_t i = 0; i < r->ncases; i++)
		if (str_eq(r->cases[i].word, groups[r->by]))
			return r->cases[i].outcome;
	return r->otherwise;
}

/* A number that a store and a comparison can live with. */
static bool
number(struct str s, double *out)
{
	return str_double(s, out) && *out > -1e9 && *out < 1e9;
}

int
rule_verdict(const struct rules *set, const struct rule *r,
    const struct str *groups, struct verdict *v)
{
	int outcome = r->fixed;

	*v = (struct verdict){.filter = r->filter, .rule = r->name};
	v->has_score = number(field_of(r, groups, FIELD_SCORE), &v->score);
	v->has_threshold =
	    number(field_of(r, groups, FIELD_THRESHOLD), &v->threshold);
	v->signature = field_of(r, groups, FIELD_SIGNATURE);
	if (v->signature.n == 0)
		v->signature = STR_NONE;
	if (r->how == RULE_BY_WORD)
		outcome = by_word(r, groups);
	else if (r->how == RULE_BY_SCORE)
		outcome = by_score(r, v);
	if (outcome == RULE_IGNORED)
		return outcome;
	if (outcome == VERDICT_VIRUS && str_has(v->signature))
		outcome = rules_signature(set, v->signature);
	v->kind = (enum verdict_kind)outcome;
	return outcome;
}

static const struct rule_list *
list_of(const struct map *m, struct str key)
{
	const struct rule_list *l = map_get(m, hash_str(key, 0));

	while (l != NULL && !str_eq(l->key, key))
		l = l->next;
	return l;
}

static const struct rule_list *
program_list(const struct rules *set, struct str program)
{
	const struct rule_list *l = list_of(&set->programs, program);

	if (l != NULL)
		return l;
	for (l = set->prefixes; l != NULL; l = l->next)
		if (str_starts(program, l->key))
			return l;
	return NULL;
}

bool
rules_claims(const struct rules *r, struct str program)
{
	return program_list(r, program) != NULL;
}

static void
fill_client(const struct rule *r, const struct str *groups, struct event *ev)
{
	uint64_t port;

	ev->has_client =
	    addr_parse(field_of(r, groups, FIELD_CLIENT_ADDR), &ev->client);
	if (ev->has_client &&
	    str_u64(field_of(r, groups, FIELD_CLIENT_PORT), &port) &&
	    port <= UINT16_MAX)
		ev->client_port = (uint16_t)port;
}

/* True if the line tells whose it is. */
static bool
fill_event(const struct rules *set, const struct rule *r,
    const struct str *groups, struct event *ev)
{
	struct str recipient = field_of(r, groups, FIELD_RECIPIENT);
	uint64_t size;

	*ev = event_of(EVENT_NOTICE);
	ev->queue_id = field_of(r, groups, FIELD_QUEUE_ID);
	ev->queued_as = field_of(r, groups, FIELD_QUEUED_AS);
	ev->message_id = field_of(r, groups, FIELD_MESSAGE_ID);
	ev->sender = field_of(r, groups, FIELD_SENDER);
	fill_client(r, groups, ev);
	if (str_u64(field_of(r, groups, FIELD_SIZE), &size) &&
	    size <= INT64_MAX)
		ev->size = (int64_t)size;
	if (str_has(recipient)) {
		*set->recipient = recipient;
		ev->recipients = set->recipient;
		ev->nrecipients = 1;
	}
	return ev->queue_id.n || ev->queued_as.n || ev->message_id.n ||
	       ev->has_client;
}

enum parsed
rules_line(const struct rules *set, const struct log_line *in, struct event *ev,
    struct verdict *v)
{
	const struct rule_list *l = program_list(set, in->program);
	struct str groups[REGEX_GROUPS];
	enum regex_result found = REGEX_NO;
	const struct rule *r = NULL;

	for (size_t i = 0; l != NULL && i < l->n && found == REGEX_NO; i++) {
		r = l->rules[i];
		found = condition_test(&r->when, in->text, groups);
	}
	if (found != REGEX_YES)
		return PARSED_UNKNOWN;
	if (rule_verdict(set, r, groups, v) == RULE_IGNORED)
		return PARSED_IGNORED;
	return fill_event(set, r, groups, ev) ? PARSED_USED : PARSED_IGNORED;
}

static bool
look_at_text(const struct rules *set, const char *mta, const struct event *ev,
    struct verdict *v)
{
	const struct rule_list *l = list_of(&set->kinds, ev->text_kind);
	struct str groups[REGEX_GROUPS];
	enum regex_result found = REGEX_NO;
	const struct rule *r = NULL;

	for (size_t i = 0; l != NULL && i < l->n && found == REGEX_NO; i++) {
		r = l->rules[i];
		if (rule_suits(r, str_z(mta), ev->stage))
			found = condition_test(&r->when, ev->text, groups);
	}
	return found == REGEX_YES &&
	       rule_verdict(set, r, groups, v) != RULE_IGNORED;
}

static bool
is_known(const struct known_text *k, const char *mta, const struct event *ev)
{
	return k->n == ev->text.n && strcmp(k->mta, mta) == 0 &&
	       k->stage == ev->stage &&
	       str_eq(str_of(k->kind, k->kind_n), ev->text_kind) &&
	       memcmp(k->text, ev->text.p, k->n) == 0;
}

static void
learn(struct known_text *k, const char *mta, const struct event *ev, bool found,
    const struct verdict *v)
{
	memcpy(k->text, ev->text.p, ev->text.n);
	k->n = ev->text.n;
	memcpy(k->kind, ev->text_kind.p, ev->text_kind.n);
	k->kind_n = ev->text_kind.n;
	memcpy(k->mta, mta, strlen(mta) + 1); /* rules_text(): it fits */
	k->stage = ev->stage;
	k->found = found;
	if (!found)
		return;
	k->v = *v;
	if (str_has(v->signature)) /* a piece of the text */
		k->signature_at = (size_t)(v->signature.p - ev->text.p);
}

bool
rules_text(const struct rules *set, const char *mta, const struct event *ev,
    struct verdict *v)
{
	struct known_text *k;

	if (!str_has(ev->text) || !str_has(ev->text_kind))
		return false;
	if (set->known == NULL || ev->text.n == 0 ||
	    ev->text.n > sizeof(k->text) ||
	    ev->text_kind.n > sizeof(k->kind) || strlen(mta) >= sizeof(k->mta))
		return look_at_text(set, mta, ev, v);
	k = &set->known[hash_str(ev->text, 0) % TEXTS_KNOWN];
	if (!is_known(k, mta, ev))
		learn(k, mta, ev, look_at_text(set, mta, ev, v), v);
	if (!k->found)
		return false;
	*v = k->v;
	if (str_has(v->signature))
		v->signature.p = ev->text.p + k->signature_at;
	return true;
}

void
rules_forget_texts(struct rules *set)
{
	free(set->known);
	set->known = NULL;
}

bool
rules_next(const struct rules *r, size_t *at, struct str *name,
    struct str *filter, struct str *summary)
{
	const struct rule *rule;

	if (*at >= r->n)
		return false;
	rule = r->all[(*at)++];
	*name = rule->name;
	*filter = rule->filter;
	*summary = rule->summary;
	return true;
}

void
rules_free(struct rules *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->n; i++)
		regex_free(r->all[i]->when.match);
	for (i = 0; i < r->nsignatures; i++)
		regex_free(r->signatures[i].match);
	free(r->known);
	free(r->all);
	free(r->signatures);
	map_free(&r->programs);
	map_free(&r->kinds);
	arena_free(&r->arena);
	free(r);
}
