/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/spread.h"

#include "base/texts.h"
#include "correlate/sender_name.h"
#include "model/outcome.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MANY_SENDERS 10 /* so many a rule asks for */

/* Columns of both statements.  Recipients are told of earlier days' mail alone:
 * those of the day were heard. */
enum {
	CUST,
	MESSAGE,
	SENDER,
	DOMAIN,
	ADDRESS,
	OWN,
	SPAM,
	VIRUS,
	GOOD,
	TODAY,
	HOUR,
	RECIPIENT,
	BITS,
};

struct mail {
	int64_t id;
	int64_t sender, domain, address; /* 0: none */
	int64_t hour;                    /* since 1970 */
	int64_t other; /* who wrote it, if he is not at home here; or NOBODY */
	bool own;      /* no bounce, no SRS */
	bool spread;   /* and of a domain: it tells how far his own spreads */
	bool spam, virus, good, today;
	bool unnamed;   /* a recipient that is not named */
	int32_t copies; /* those that are */
};

#define NOBODY (-1)

/* A recipient of one mail. */
struct copy {
	size_t mail;
	int32_t to;
	bool unknown;
};

/* A recipient of all of them. */
struct mailbox {
	int64_t copies;
	int64_t other; /* the first one who is not at home here; or NOBODY */
	bool several;  /* there is another one */
	bool spam, virus, unknown;
	int64_t seen;
};

/* What is counted of a sender, an address or a domain. */
struct tally {
	int64_t key, n, bad;
	bool home, spam, virus;
	int64_t seen;
};

struct tallies {
	struct map by_key; /* place, plus 1 */
	struct tally *of;
	size_t n, size;
};

/* A recipient as it was heard; its name, if there is one, comes after. */
struct word {
	int64_t mail;
	uint32_t len;
	bool named, unknown;
};

/* Of one customer. */
struct heard {
	int64_t cust;
	struct buf words;
};

struct spread {
	struct store *store;
	struct map heard; /* by customer */
	struct heard *last;
	/* of one customer */
	int64_t cust; /* 0: none */
	struct mail *mail;
	struct copy *copy;
	struct mailbox *box; /* by number of names - 1 */
	size_t nmail, mail_size, ncopy, copy_size, box_size;
	struct map by_id; /* place in mail, plus 1 */
	struct texts names, domains;
	struct tallies by_domain, by_sender, by_address, by_hour;
	struct buf text;
};

/* --- tallies */

static struct tally *
tally_of(struct tallies *t, int64_t key)
{
	uintptr_t at = (uintptr_t)map_get(&t->by_key, (uint64_t)key + 2);

	if (at == 0) {
		if (t->n == t->size) {
			t->size = t->size ? 2 * t->size : 64;
			t->of = xrealloc(t->of, t->size * sizeof(*t->of));
		}
		t->of[t->n] = (struct tally){.key = key, .seen = -1};
		at = ++t->n;
		map_put(&t->by_key, (uint64_t)key + 2, (void *)at);
	}
	return &t->of[at - 1];
}

static void
tallies_clear(struct tallies *t)
{
	map_free(&t->by_key);
	t->n = 0;
}

/* --- what was heard */

static struct heard *
heard_of(struct spread *p, int64_t cust)
{
	struct heard *h = p->last;

	if (h != NULL && h->cust == cust)
		return h;
	h = map_get(&p->heard, (uint64_t)cust + 2);
	if (h == NULL) {
		h = xcalloc(1, sizeof(*h));
		h->cust = cust;
		map_put(&p->heard, (uint64_t)cust + 2, h);
	}
	p->last = h;
	return h;
}

static void
forget(struct spread *p)
{
	struct heard *h;

	for (size_t i = 0; (h = map_next(&p->heard, &i)) != NULL;) {
		buf_free(&h->words);
		free(h);
	}
	map_free(&p->heard);
	p->last = NULL;
}

void
spread_hear(struct spread *p, int64_t cust, int64_t message, struct str to,
    bool unknown)
{
	const struct word w = {.mail = message,
	    .len = (uint32_t)to.n,
	    .named = to.p != NULL,
	    .unknown = unknown};
	struct heard *h = heard_of(p, cust);

	buf_put(&h->words, &w, sizeof(w));
	buf_s(&h->words, to);
}

/* --- one customer's mail */

static void
clear(struct spread *p)
{
	p->cust = 0;
	p->nmail = p->ncopy = 0;
	map_free(&p->by_id);
	texts_clear(&p->names);
	texts_clear(&p->domains);
	tallies_clear(&p->by_domain);
	tallies_clear(&p->by_sender);
	tallies_clear(&p->by_address);
	tallies_clear(&p->by_hour);
}

static size_t
add_mail(struct spread *p, const struct stmt *st)
{
	struct mail *m;

	if (p->nmail == p->mail_size) {
		p->mail_size = p->mail_size ? 2 * p->mail_size : 256;
		p->mail = xrealloc(p->mail, p->mail_size * sizeof(*p->mail));
	}
	m = &p->mail[p->nmail++];
	*m = (struct mail){.id = stmt_int(st, MESSAGE),
	    .sender = stmt_int(st, SENDER),
	    .domain = stmt_int(st, DOMAIN),
	    .address = stmt_int(st, ADDRESS),
	    .hour = stmt_int(st, HOUR),
	    .other = NOBODY,
	    .own = stmt_int(st, OWN),
	    .spam = stmt_int(st, SPAM),
	    .virus = stmt_int(st, VIRUS),
	    .good = stmt_int(st, GOOD),
	    .today = stmt_int(st, TODAY)};
	m->spread = m->own && m->domain != 0;
	map_put(&p->by_id, (uint64_t)m->id + 2, (void *)(uintptr_t)p->nmail);
	return p->nmail;
}

static void
add_recipient(
    struct spread *p, size_t mail, bool named, struct str to, bool unknown)
{
	if (!named) {
		p->mail[mail].unnamed = true;
		return;
	}
	p->mail[mail].copies++;
	if (p->ncopy == p->copy_size) {
		p->copy_size = p->copy_size ? 2 * p->copy_size : 256;
		p->copy = xrealloc(p->copy, p->copy_size * sizeof(*p->copy));
	}
	p->copy[p->ncopy++] =
	    (struct copy){mail, texts_no(&p->names, to), unknown};
}

/* The place of a mail plus 1; 0: it is not looked at. */
static size_t
place_of(const struct spread *p, int64_t mail)
{
	return (uintptr_t)map_get(&p->by_id, (uint64_t)mail + 2);
}

static void
add_row(struct spread *p, const struct stmt *st)
{
	const struct value to = stmt_value(st, RECIPIENT);
	size_t at = place_of(p, stmt_int(st, MESSAGE));

	if (at == 0)
		at = add_mail(p, st);
	if (!p->mail[at - 1].today)
		add_recipient(p, at - 1, to.type == VALUE_TEXT, to.s,
		    stmt_int(st, BITS) & OUTCOME_UNKNOWN);
}

/* All mail of the customer is there: what was heard of it. */
static void
add_heard(struct spread *p)
{
	const struct buf *b = &heard_of(p, p->cust)->words;
	struct word w;

	for (size_t i = 0; i < b->n; i += sizeof(w) + w.len) {
		size_t at;

		memcpy(&w, b->p + i, sizeof(w));
		at = place_of(p, w.mail);
		if (at != 0)
			add_recipient(p, at - 1, w.named,
			    str_of(b->p + i + sizeof(w), w.len), w.unknown);
	}
	for (size_t i = 0; i < p->nmail; i++)
		if (p->mail[i].copies == 0)
			p->mail[i].unnamed = true;
}

/* From nobody to one: a notification (RFC 5321, 6.1) of what others sent in that
 * name, or a server that asks whether a sender is there.  It guesses no mailboxes. */
static bool
is_answer(const struct mail *m)
{
	return m->sender != 0 && m->address == 0 && m->copies == 1;
}

/* Who wrote a mail is known: what became of it at each of its recipients. */
static void
fill_boxes(struct spread *p)
{
	size_t n = (size_t)p->names.n;

	if (p->box_size < n) {
		p->box_size = 2 * n;
		free(p->box);
		p->box = xmalloc(p->box_size * sizeof(*p->box));
	}
	for (size_t i = 0; i < n; i++)
		p->box[i] = (struct mailbox){.other = NOBODY, .seen = -1};
	for (size_t i = 0; i < p->ncopy; i++) {
		const struct copy *c = &p->copy[i];
		const struct mail *m = &p->mail[c->mail];
		struct mailbox *b = &p->box[c->to - 1];

		if (!m->good && !m->today)
			continue;
		b->copies++;
		b->spam |= m->spread && m->spam;
		b->virus |= m->spread && m->virus;
		b->unknown |= c->unknown && !is_answer(m);
		if (m->other == NOBODY)
			continue;
		if (b->other == NOBODY)
			b->other = m->other;
		b->several |= b->other != m->other;
	}
}

/* The share of copies that went to who was written to by several, and how many
 * recipients these are. */
static double
passed_on(const struct spread *p, int64_t *shared)
{
	int64_t on = 0, all = 0;

	*shared = 0;
	for (int32_t i = 0; i < p->names.n; i++) {
		const struct mailbox *b = &p->box[i];

		all += b->copies;
		if (!b->several)
			continue;
		on += b->copies;
		++*shared;
	}
	return all ? 1.0 * (double)on / (double)all : 0;
}

/* --- by the day */

/* Who has adverse mail, or ten senders, as rules ask for. */
static bool
is_looked_at(struct spread *p)
{
	for (size_t i = 0; i < p->nmail; i++) {
		if (!p->mail[i].good)
			return true;
		if (p->mail[i].sender != 0)
			tally_of(&p->by_sender, p->mail[i].sender);
	}
	return p->by_sender.n >= MANY_SENDERS;
}

static void
find_others(struct spread *p, bool looked_at)
{
	int64_t every = 0;

	for (size_t i = 0; looked_at && i < p->nmail; i++) {
		const struct mail *m = &p->mail[i];

		if (!m->good || m->sender == 0)
			continue;
		tally_of(&p->by_domain, m->domain)->n++;
		every++;
	}
	for (size_t i = 0; i < p->by_domain.n; i++) {
		struct tally *t = &p->by_domain.of[i];

		t->home = t->n >= 3 && 5 * t->n >= every;
	}
	for (size_t i = 0; i < p->nmail; i++) {
		struct mail *m = &p->mail[i];

		if (m->sender != 0 &&
		    !(looked_at && tally_of(&p->by_domain, m->domain)->home))
			m->other = m->domain;
	}
}

static int64_t
count_domains(struct spread *p)
{
	for (int32_t i = 1; i <= p->names.n; i++)
		if (mail_domain_of(texts_of(&p->names, i), &p->text))
			texts_no(&p->domains, buf_str(&p->text));
	return p->domains.n;
}

/* Different hours, by the clock, with adverse mail of his own. */
static int64_t
count_hours(struct spread *p)
{
	for (size_t i = 0; i < p->nmail; i++)
		if (p->mail[i].own && !p->mail[i].good)
			tally_of(&p->by_hour, p->mail[i].hour);
	return (int64_t)p->by_hour.n;
}

static int
put_day(struct spread *p, struct err *e)
{
	const bool looked_at = is_looked_at(p);
	int64_t shared, unknown = 0, spam = 0, virus = 0;
	double share;

	find_others(p, looked_at);
	fill_boxes(p);
	share = passed_on(p, &shared);
	if (!looked_at || (shared < 3 && share < 0.5))
		share = 0;
	for (int32_t i = 0; i < p->names.n; i++) {
		const struct mailbox *b = &p->box[i];

		unknown += b->unknown;
		spam += b->spam && !b->several;
		virus += b->virus && !b->several;
	}
	for (size_t i = 0; share <= 0.15 && i < p->nmail; i++) {
		const struct mail *m = &p->mail[i];

		spam += m->spread && m->spam && m->unnamed;
		virus += m->spread && m->virus && m->unnamed;
	}
	const struct value v[] = {value_int(p->cust), value_int(p->names.n),
	    value_int(count_domains(p)), value_int(unknown), value_int(spam),
	    value_int(virus), value_int(count_hours(p)), value_real(share)};
	return store_run(p->store, "spread_put_day", v, LEN(v), e);
}

/* --- with the days before */

/* Of whose mail a fifth was spam or a virus is no domain's. */
static bool
is_bad(struct spread *p, const struct mail *m)
{
	const struct tally *t = tally_of(&p->by_sender, m->sender);

	return 5 * t->bad >= t->n;
}

static bool
counts_for(struct spread *p, const struct mail *m, int64_t domain)
{
	return m->good && m->sender != 0 && m->domain == domain &&
	       !is_bad(p, m);
}

/* Senders and recipients of a domain's good mail: from few people to many. */
static bool
is_few_to_many(struct spread *p, int64_t domain)
{
	int64_t senders = 0, recipients = 0;

	for (size_t i = 0; i < p->nmail; i++) {
		const struct mail *m = &p->mail[i];
		struct tally *t;

		if (m->address == 0 || !counts_for(p, m, domain))
			continue;
		t = tally_of(&p->by_address, m->address);
		senders += t->seen != domain;
		t->seen = domain;
	}
	for (size_t i = 0; i < p->ncopy; i++) {
		struct mailbox *b = &p->box[p->copy[i].to - 1];

		if (b->seen == domain ||
		    !counts_for(p, &p->mail[p->copy[i].mail], domain))
			continue;
		b->seen = domain;
		recipients++;
	}
	return 2 * senders <= recipients;
}

/* Domains that are his own: a fifth and three of his good messages, from few
 * people to many.  Of a forwarder's mail the most may be from one large
 * provider, too, but from many people to few; and a campaign that filters saw
 * only in part is from one to many. */
static void
find_homes(struct spread *p)
{
	int64_t every = 0;

	for (size_t i = 0; i < p->nmail; i++) {
		const struct mail *m = &p->mail[i];
		struct tally *t;

		every += m->good;
		if (m->sender == 0)
			continue;
		t = tally_of(&p->by_sender, m->sender);
		t->n++;
		t->bad += !m->good;
	}
	for (size_t i = 0; i < p->nmail; i++) {
		const struct mail *m = &p->mail[i];

		if (m->domain != 0 && counts_for(p, m, m->domain))
			tally_of(&p->by_domain, m->domain)->n++;
	}
	for (size_t i = 0; i < p->by_domain.n; i++) {
		struct tally *t = &p->by_domain.of[i];

		t->home =
		    t->n >= 3 && 5 * t->n >= every && is_few_to_many(p, t->key);
	}
}

static void
find_other_senders(struct spread *p)
{
	for (size_t i = 0; i < p->nmail; i++) {
		struct mail *m = &p->mail[i];

		if (m->address != 0 &&
		    !tally_of(&p->by_domain, m->domain)->home)
			m->other = m->address;
	}
}

struct strangers {
	int64_t spam, virus;
	int64_t spam_unnamed, virus_unnamed; /* senders whose refusals name nobody */
	int64_t spam_domains, virus_domains;
};

/* A mail of today that went to one who was not written to by several. */
static void
note_fresh(struct spread *p, const struct mail *m, struct strangers *out)
{
	struct tally *t = tally_of(&p->by_domain, m->domain);

	out->spam_domains += m->spam && !t->spam;
	out->virus_domains += m->virus && !t->virus;
	t->spam |= m->spam;
	t->virus |= m->virus;
}

/* Where a refusal does not name the recipients (Exim after DATA), they may be the
 * same as of other mail: those of one sender count as one, and for the reach
 * alone. */
static void
note_unnamed(struct spread *p, const struct mail *m, struct strangers *out)
{
	struct tally *t = tally_of(&p->by_sender, m->sender);

	out->spam_unnamed += m->spam && !t->spam;
	out->virus_unnamed += m->virus && !t->virus;
	t->spam |= m->spam;
	t->virus |= m->virus;
	note_fresh(p, m, out);
}

static struct strangers
count_strangers(struct spread *p)
{
	struct strangers out = {0};

	for (int32_t i = 0; i < p->names.n; i++) {
		out.spam += p->box[i].spam && !p->box[i].several;
		out.virus += p->box[i].virus && !p->box[i].several;
	}
	for (size_t i = 0; i < p->ncopy; i++) {
		const struct mail *m = &p->mail[p->copy[i].mail];

		if (m->spread && m->today && !p->box[p->copy[i].to - 1].several)
			note_fresh(p, m, &out);
	}
	for (size_t i = 0; i < p->nmail; i++) {
		const struct mail *m = &p->mail[i];

		if (m->spread && m->today && !m->good && m->unnamed)
			note_unnamed(p, m, &out);
	}
	return out;
}

static int
put_recent(struct spread *p, struct err *e)
{
	struct strangers s;
	int64_t shared, told = 0, good = 0;
	double share;

	for (size_t i = 0; i < p->nmail; i++) {
		told += p->mail[i].copies > 0;
		good += p->mail[i].copies > 0 && p->mail[i].good;
	}
	fill_boxes(p);
	find_homes(p);
	find_other_senders(p);
	fill_boxes(p);
	share = passed_on(p, &shared);
	s = count_strangers(p);
	const struct value v[] = {value_int(p->cust), value_int(told),
	    value_int(good), value_real(share), value_int(s.spam),
	    value_int(s.virus), value_int(s.spam + s.spam_unnamed),
	    value_int(s.virus + s.virus_unnamed), value_int(s.spam_domains),
	    value_int(s.virus_domains)};
	return store_run(p->store, "spread_put_recent", v, LEN(v), e);
}

/* --- the functions */

/* Of the customer in hand, if there is one. */
static int
one_customer(struct spread *p, int (*put)(struct spread *p, struct err *e),
    struct err *e)
{
	int rc = 0;

	if (p->cust != 0) {
		add_heard(p);
		rc = put(p, e);
	}
	clear(p);
	return rc;
}

static int
each_customer(struct spread *p, const char *statement,
    int (*put)(struct spread *p, struct err *e), struct err *e)
{
	struct stmt *st;
	int rc = store_prepare(p->store, statement, &st, e);

	clear(p);
	if (rc >= 0)
		rc = stmt_start(st, NULL, 0, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		const int64_t cust = stmt_int(st, CUST);

		if (cust != p->cust)
			rc = one_customer(p, put, e);
		p->cust = cust;
		if (rc >= 0)
			add_row(p, st);
		else
			stmt_reset(st);
	}
	if (rc >= 0)
		rc = one_customer(p, put, e);
	clear(p);
	return rc;
}

static int
spread_day(void *arg, const struct value *v, struct value *out, struct err *e)
{
	(void)v;
	(void)out;
	return each_customer(arg, "spread_read_day", put_day, e);
}

static int
spread_recent(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	const int rc = each_customer(arg, "spread_read_recent", put_recent, e);

	(void)v;
	(void)out;
	forget(arg);
	return rc;
}

static const struct store_function functions[] = {
    {"spread_day", 0, spread_day},
    {"spread_recent", 0, spread_recent},
};

int
spread_open(struct spread **out, struct store *s, struct err *e)
{
	struct spread *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	rc = store_functions(s, functions, LEN(functions), p, e);
	if (rc < 0)
		spread_close(p);
	else
		*out = p;
	return rc;
}

void
spread_close(struct spread *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, LEN(functions));
	clear(p);
	forget(p);
	texts_free(&p->names);
	texts_free(&p->domains);
	free(p->by_domain.of);
	free(p->by_sender.of);
	free(p->by_address.of);
	free(p->by_hour.of);
	free(p->mail);
	free(p->copy);
	free(p->box);
	buf_free(&p->text);
	free(p);
}
