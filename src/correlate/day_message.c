/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/day_message.h"

#include "base/arena.h"
#include "model/outcome.h"

#include <stdlib.h>

#define NEVER  VERDICTS_NEVER
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Columns of day_message_read. */
enum {
	WHAT,
	MESSAGE,
	CUST,
	RECEIVED,
	KEY,
	ADDR,
	RANK,
	SENDER,
	HELO,
	AUTH_USER,
	VERDICT,
	DETAIL,
	N, /* NULL: it has no recipients; else: */
	RECIPIENT,
	BITS,
	TIME,
};

/* Columns of temp.day_message; before and between them those of lists below. */
enum {
	PUT_MESSAGE,
	PUT_SENDER = 6,
	PUT_VERDICTS = 9,
	PUT_COUNTS = 14,
	PUT_OUTCOME = 21,
	PUT_WORST,
	PUT_STEM,
	PUT_DOMAIN,
	PUT_ADDRESS,
	PUT_OWN,
	PUT_DETAIL,
	PUT_SUMMED,
	COLUMNS
};

/* What became of a message's recipients. */
struct outcome {
	int64_t recipients, accepted, reached, known, failed, tempfailed,
	    unknown;
	int64_t first, refused; /* the first one, and refusal; or NEVER */
};

struct day_message {
	int64_t id, cust, verdict; /* its own: 0 none */
	bool detail;               /* all of the customer's are looked at */
	struct outcome o;
};

struct day_messages {
	struct store *store;
	struct sender_names *senders;
	struct spread *spread;
	struct verdicts *verdicts;
	struct stmt *read;
	int row; /* of `read` in hand: 1; 0: it is at its end */
	struct value v[COLUMNS];
};

/* --- recipients */

static void
add_outcome(struct outcome *o, int64_t bits, int64_t time)
{
	o->recipients++;
	o->accepted += (bits & OUTCOME_ACCEPTED) != 0;
	o->reached += (bits & OUTCOME_REACHED) != 0;
	o->known += (bits & OUTCOME_KNOWN) != 0;
	o->failed += (bits & OUTCOME_FAILED) != 0;
	o->tempfailed += (bits & OUTCOME_TEMPFAILED) != 0;
	o->unknown += (bits & OUTCOME_UNKNOWN) != 0;
	if (time < o->first)
		o->first = time;
	if ((bits & OUTCOME_REFUSED) && time < o->refused)
		o->refused = time;
}

static void
take_recipient(struct day_messages *p, struct day_message *m)
{
	const int64_t bits = stmt_int(p->read, BITS);

	add_outcome(&m->o, bits, stmt_int(p->read, TIME));
	if (m->detail)
		spread_hear(p->spread, m->cust, m->id,
		    stmt_value(p->read, RECIPIENT).s, bits & OUTCOME_UNKNOWN);
}

/* Leaves the first row of the next message in hand. */
static int
take_recipients(struct day_messages *p, struct day_message *m, struct err *e)
{
	if (stmt_value(p->read, N).type == VALUE_NULL) {
		p->row = stmt_next(p->read, e);
		return p->row;
	}
	do {
		take_recipient(p, m);
		p->row = stmt_next(p->read, e);
	} while (p->row > 0 && stmt_int(p->read, MESSAGE) == m->id);
	return p->row;
}

/* --- a row */

/* What the message itself says, in the order of the table's columns. */
static void
put_message(struct day_messages *p, struct day_message *m)
{
	static const int columns[] = {
	    CUST, RECEIVED, KEY, MESSAGE, ADDR, RANK, SENDER, HELO, AUTH_USER};

	for (size_t i = 0; i < LEN(columns); i++)
		p->v[PUT_MESSAGE + i] = stmt_value(p->read, (size_t)columns[i]);
	*m = (struct day_message){.id = stmt_int(p->read, MESSAGE),
	    .cust = stmt_int(p->read, CUST),
	    .verdict = stmt_int(p->read, VERDICT),
	    .detail = stmt_value(p->read, DETAIL).type != VALUE_NULL,
	    .o = {.first = NEVER, .refused = NEVER}};
	p->v[PUT_DETAIL] = value_int(m->detail);
	p->v[PUT_SUMMED] =
	    value_int(str_eq(stmt_value(p->read, WHAT).s, STR("a")));
}

static struct value
time_or_null(int64_t time)
{
	return time == NEVER ? value_null() : value_int(time);
}

static bool
is_said(const struct day_message *m, const int64_t *first, unsigned verdict)
{
	return m->verdict == verdict ||
	       (first != NULL && first[verdict] != NEVER);
}

/* The message's own verdict is the worst: beside a clean one there is no other. */
static int
put_verdicts(struct day_messages *p, const struct day_message *m, struct err *e)
{
	static const unsigned columns[] = {VERDICT_SPAM, VERDICT_VIRUS,
	    VERDICT_BANNED, VERDICT_LISTED, VERDICT_CLEAN};
	const int64_t *first = NULL;
	bool virus, adverse;
	int64_t worst = NEVER;
	int rc = 0;

	if (m->verdict != VERDICT_NONE && m->verdict != VERDICT_CLEAN)
		rc = verdicts_of(p->verdicts, m->cust, m->id, &first, e);
	for (size_t i = 0; i < LEN(columns); i++)
		p->v[PUT_VERDICTS + i] =
		    value_int(is_said(m, first, columns[i]));
	virus = is_said(m, first, VERDICT_VIRUS);
	adverse = virus || is_said(m, first, VERDICT_SPAM);
	if (first != NULL && adverse)
		worst = first[virus ? VERDICT_VIRUS : VERDICT_SPAM];
	p->v[PUT_OUTCOME] = time_or_null(adverse ? m->o.first : m->o.refused);
	p->v[PUT_WORST] = time_or_null(worst);
	return rc;
}

static int
put_sender(struct day_messages *p, struct err *e)
{
	const struct value id = p->v[PUT_SENDER];
	const struct sender *s = NULL;
	int rc = 0;

	if (id.type == VALUE_INT)
		rc = sender_of(p->senders, id.i, &s, e);
	p->v[PUT_STEM] = s ? value_id(s->stem) : value_null();
	p->v[PUT_DOMAIN] = s ? value_id(s->domain) : value_null();
	p->v[PUT_ADDRESS] = s ? value_id(s->address) : value_null();
	/* nothing says that it is not his own */
	p->v[PUT_OWN] = value_int(s == NULL || s->own);
	return rc;
}

static void
put_outcome(struct day_messages *p, const struct outcome *o)
{
	const int64_t n[] = {o->recipients, o->accepted, o->reached, o->known,
	    o->failed, o->tempfailed, o->unknown};

	for (size_t i = 0; i < LEN(n); i++)
		p->v[PUT_COUNTS + i] = value_int(n[i]);
}

static int
next_message(void *arg, const struct value **row, size_t *n, struct err *e)
{
	struct day_messages *p = arg;
	struct day_message m;
	int rc;

	if (p->row <= 0)
		return p->row;
	put_message(p, &m);
	rc = take_recipients(p, &m, e);
	if (rc >= 0)
		rc = put_verdicts(p, &m, e);
	if (rc >= 0)
		rc = put_sender(p, e);
	if (rc < 0)
		return rc;
	put_outcome(p, &m.o);
	*row = p->v;
	*n = COLUMNS;
	return 1;
}

static int
day_messages(
    void *arg, const struct value *unused, struct value *out, struct err *e)
{
	struct day_messages *p = arg;
	int rc =
	    store_start(p->store, "day_message_read", NULL, 0, &p->read, e);

	(void)unused;
	(void)out;
	if (rc >= 0)
		rc = p->row = stmt_next(p->read, e);
	if (rc >= 0)
		rc =
		    store_give(p->store, "day_message_put", next_message, p, e);
	if (p->read != NULL)
		stmt_reset(p->read);
	return rc;
}

static const struct store_function functions[] = {
    {"day_messages", 0, day_messages},
};

int
day_messages_open(struct day_messages **out, struct store *s,
    struct sender_names *senders, struct spread *spread,
    struct verdicts *verdicts, struct err *e)
{
	struct day_messages *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	p->senders = senders;
	p->spread = spread;
	p->verdicts = verdicts;
	rc = store_functions(s, functions, 1, p, e);
	if (rc < 0)
		day_messages_close(p);
	else
		*out = p;
	return rc;
}

void
day_messages_close(struct day_messages *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, 1);
	free(p);
}
