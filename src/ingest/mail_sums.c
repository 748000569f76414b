/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_sums.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/utc.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define HOUR   (3600 * USEC)
/* Messages of an hour come when they are complete: after this nearly all have. */
#define SETTLE (HOUR / 2)
/* Groups in memory, of 200 bytes; the hours of clients that come then are made
 * anew from the store. */
#define GROUPS_MAX ((size_t)1 << 18)

/* Columns of the statement mail_sums_read: a row a recipient, or one for a
 * message without any; hours and messages in one piece. */
enum {
	READ_HOUR,
	READ_CLIENT,
	READ_AUTH_USER,
	READ_HOST,
	READ_MESSAGE,
	READ_RECEIVED,
	READ_SENDER,
	READ_HELO,
	READ_VERDICTS, /* a bit a verdict */
	READ_OUTCOME,
};

/* An hour of which messages came in this run. */
struct open_hour {
	struct sum_hour sums;
	size_t saved;      /* groups whose clients' hours are marked */
	struct map marked; /* clients whose hour is made anew from the store */
	bool old;          /* all clients' are */
};

struct mail_sums {
	struct store *store;
	int64_t epoch;    /* the store's, when the hours were begun */
	struct map hours; /* struct open_hour, by the hour */
	size_t groups;    /* of all of them */
};

struct mail_sums *
mail_sums_new(struct store *s)
{
	struct mail_sums *u = xcalloc(1, sizeof(*u));

	u->store = s;
	return u;
}

static void
free_hour(struct mail_sums *u, struct open_hour *h)
{
	u->groups -= h->sums.n;
	sum_hour_free(&h->sums);
	map_free(&h->marked);
}

static void
forget(struct mail_sums *u)
{
	struct open_hour *h;

	for (size_t i = 0; (h = map_next(&u->hours, &i)) != NULL;) {
		free_hour(u, h);
		free(h);
	}
	map_free(&u->hours);
}

void
mail_sums_free(struct mail_sums *u)
{
	if (u == NULL)
		return;
	forget(u);
	free(u);
}

/* --- as messages come */

static uint64_t
hour_key(int64_t hour)
{
	return (uint64_t)hour + ((uint64_t)1 << 62); /* a map folds 0 and 1 */
}

/* The hour as this run knows it.  It is an old one if there was anything of it in
 * the store when this run met it. */
static int
hour_of(struct mail_sums *u, int64_t hour, struct open_hour **out,
    struct err *e)
{
	const struct value v = value_int(hour);
	struct open_hour *h = map_get(&u->hours, hour_key(hour));
	int64_t old;
	int rc;

	*out = h;
	if (h != NULL)
		return 0;
	rc = store_number(u->store, "mail_sums_old_hour", &v, 1, &old, e);
	if (rc < 0)
		return rc;
	*out = h = xcalloc(1, sizeof(*h));
	h->sums.hour = hour;
	h->old = old;
	map_put(&u->hours, hour_key(hour), h);
	return 0;
}

static int
mark_client(struct store *s, int64_t hour, int64_t client, struct err *e)
{
	const struct value v[] = {value_int(hour), value_int(client)};

	return store_run(s, "mail_sums_mark", v, LEN(v), e);
}

/* Its client's hour is made anew from the store. */
static int
mark(struct mail_sums *u, struct open_hour *h, int64_t client, struct err *e)
{
	const uint64_t key = sum_client_key(client);

	if (!h->old && map_get(&h->marked, key) != NULL)
		return 0;
	if (!h->old)
		map_put(&h->marked, key, h);
	return mark_client(u->store, h->sums.hour, client, e);
}

/* Another connection has written since, or a transaction was rolled back: what was
 * counted is marked in the store, or was made there. */
static void
check_epoch(struct mail_sums *u)
{
	if (u->epoch != store_epoch(u->store))
		forget(u);
	u->epoch = store_epoch(u->store);
}

int
mail_sums_meet(struct mail_sums *u, int64_t received, struct err *e)
{
	struct open_hour *h;

	check_epoch(u);
	return hour_of(u, received / HOUR, &h, e);
}

int
mail_sums_add(struct mail_sums *u, bool notice, const struct sum_mail *m,
    struct err *e)
{
	struct open_hour *h;
	size_t n;
	int rc;

	check_epoch(u);
	rc = hour_of(u, m->received / HOUR, &h, e);
	if (rc < 0 || notice)
		return rc;
	if (h->old || map_get(&h->marked, sum_client_key(m->client)) != NULL ||
	    (u->groups >= GROUPS_MAX && !sum_hour_knows(&h->sums, m)))
		return mark(u, h, m->client, e);
	n = h->sums.n;
	sum_hour_add(&h->sums, m);
	u->groups += h->sums.n - n;
	return 0;
}

int
mail_sums_mark(struct mail_sums *u, int64_t id, struct err *e)
{
	const struct value v = value_int(id);
	struct open_hour *h;
	int64_t hour, client;
	struct stmt *st;
	int rc = store_start(u->store, "mail_sums_place", &v, 1, &st, e);

	check_epoch(u);
	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	hour = stmt_int(st, 0);
	client = stmt_int(st, 1);
	stmt_reset(st);
	h = map_get(&u->hours, hour_key(hour));
	return h != NULL ? mark(u, h, client, e)
	                 : mark_client(u->store, hour, client, e);
}

static int
save_marks(struct mail_sums *u, struct open_hour *h, struct err *e)
{
	int rc = 0;

	for (; rc >= 0 && h->saved < h->sums.n; h->saved++)
		rc = mark_client(u->store, h->sums.hour,
		    sum_hour_client(&h->sums, h->saved), e);
	return rc;
}

/* Takes marks of the groups away that were saved, but of who is made anew. */
static int
take_marks(struct mail_sums *u, struct open_hour *h, struct err *e)
{
	int rc = 0;

	while (rc >= 0 && h->saved > 0) {
		const int64_t client = sum_hour_client(&h->sums, --h->saved);
		const struct value v[] = {
		    value_int(h->sums.hour), value_int(client)};

		if (map_get(&h->marked, sum_client_key(client)) == NULL)
			rc = store_run(
			    u->store, "mail_sums_unmark", v, LEN(v), e);
	}
	return rc;
}

/* Writes what is counted of an hour; what still comes is marked. */
static int
close_hour(struct mail_sums *u, struct open_hour *h, struct err *e)
{
	int rc = take_marks(u, h, e);

	if (rc >= 0)
		rc = sum_hour_put(&h->sums, u->store, &h->marked, e);
	free_hour(u, h);
	h->old = true;
	return rc;
}

int
mail_sums_save(struct mail_sums *u, int64_t now, struct err *e)
{
	struct open_hour *h;
	int rc = 0;

	check_epoch(u);
	for (size_t i = 0; rc >= 0 && (h = map_next(&u->hours, &i)) != NULL;) {
		if (h->old)
			continue;
		if (now >= (h->sums.hour + 1) * HOUR + SETTLE)
			rc = close_hour(u, h, e);
		else
			rc = save_marks(u, h, e);
	}
	return rc;
}

/* --- from the store */

/* What is read: an hour, and the message of the last rows. */
struct reading {
	struct store *store;
	struct sum_hour hour;
	struct sum_mail mail;
	int64_t id, null_sender; /* 0: none; its name's row, -1: none */
};

static int
put_hour(struct reading *r, struct err *e)
{
	static const struct map none;
	int rc;

	if (r->id != 0)
		sum_hour_add(&r->hour, &r->mail);
	r->id = 0;
	rc = sum_hour_put(&r->hour, r->store, &none, e);
	sum_hour_free(&r->hour);
	return rc;
}

static void
begin_mail(struct reading *r, const struct stmt *st)
{
	if (r->id != 0)
		sum_hour_add(&r->hour, &r->mail);
	r->id = stmt_int(st, READ_MESSAGE);
	r->mail = (struct sum_mail){.client = stmt_int(st, READ_CLIENT),
	    .auth_user = stmt_int(st, READ_AUTH_USER),
	    .host = stmt_int(st, READ_HOST),
	    .received = stmt_int(st, READ_RECEIVED),
	    .sender = stmt_int(st, READ_SENDER),
	    .helo = stmt_int(st, READ_HELO),
	    .verdicts = (unsigned)stmt_int(st, READ_VERDICTS)};
	r->mail.null_sender = r->mail.sender == r->null_sender;
}

static int
add_row(struct reading *r, const struct stmt *st, struct err *e)
{
	const int64_t hour = stmt_int(st, READ_HOUR);
	int rc = 0;

	if (hour != r->hour.hour)
		rc = put_hour(r, e);
	r->hour.hour = hour;
	if (stmt_int(st, READ_MESSAGE) != r->id)
		begin_mail(r, st);
	if (stmt_value(st, READ_OUTCOME).type == VALUE_INT)
		sum_mail_recipient(&r->mail, stmt_int(st, READ_OUTCOME));
	return rc;
}

static int
read_hours(struct reading *r, const struct value *span, struct err *e)
{
	struct stmt *st;
	int rc = store_start(r->store, "mail_sums_read", span, 2, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		rc = add_row(r, st, e);
		if (rc < 0)
			stmt_reset(st);
	}
	if (rc >= 0)
		rc = put_hour(r, e);
	sum_hour_free(&r->hour);
	return rc;
}

int
mail_sums_due(struct store *s, int64_t from, int64_t until, struct err *e)
{
	const struct value span[] = {value_int(from), value_int(until)};
	int64_t one;

	return store_number(s, "mail_sums_due", span, LEN(span), &one, e);
}

int
mail_sums_update(struct store *s, int64_t from, int64_t until, struct err *e)
{
	const struct value span[] = {value_int(from), value_int(until)};
	const struct value null = value_z("");
	struct reading r = {.store = s, .null_sender = -1};
	int rc = store_number(s, "name_get", &null, 1, &r.null_sender, e);

	if (rc >= 0)
		rc = store_run(s, "mail_sums_clear", span, 2, e);
	if (rc >= 0)
		rc = read_hours(&r, span, e);
	return rc < 0 ? rc : store_run(s, "mail_sums_done", span, 2, e);
}
