/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_sums.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "model/delivery.h"

#include <stdint.h>
#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Columns of the statement mail_sums_read: a row a recipient, or one for a
 * message without any; a client's hour in one piece, a message in one piece. */
enum {
	HOUR,
	CLIENT,
	AUTH_USER,
	HOST,
	MESSAGE,
	RECEIVED,
	SENDER,
	HELO,
	VERDICTS, /* a bit a verdict */
	OUTCOME,
};

/* Bits of mail_recipient.outcome (schema/020_recipient.sql). */
enum {
	ACCEPTED = 1,
	KNOWN = 4,
	FAILED = 8,
	TEMPFAILED = 32,
	UNKNOWN = 64,
};

struct mail {
	int64_t id, auth_user, host, received, sender, helo, verdicts;
	int64_t recipients, accepted, known, failed, tempfailed, unknown;
};

struct hour {
	int64_t auth_user, host, first, last, transactions, messages,
	    recipients;
	int64_t senders, helos; /* how often it was another: distinct at most */
	int64_t null_senders, spam, virus, adverse;
	int64_t banned, listed, clean, tried, failed, tempfailed, unknown;
	int64_t sender, helo; /* of the last one */
};

struct sums {
	struct store *store;
	int64_t null_sender; /* its name's id; -1: there is none */
	int64_t hour, client;
	struct mail mail; /* id 0: none */
	struct hour *of;  /* of each login and host, in order of the first */
	size_t n, size, at;
	struct map by_login; /* place in of, plus 1, once there are two */
};

int
mail_sums_mark(struct store *s, int64_t id, struct err *e)
{
	struct value v = value_int(id);

	return store_run(s, "mail_sums_mark", &v, 1, e);
}

int
mail_sums_mark_hour(
    struct store *s, int64_t received, int64_t client, struct err *e)
{
	const struct value v[] = {value_time(received), value_id(client)};

	return store_run(s, "mail_sums_mark_hour", v, LEN(v), e);
}

static uint64_t
login_key(int64_t auth_user, int64_t host)
{
	return hash_u64((uint64_t)auth_user, (uint64_t)host);
}

/* n: it is not there. */
static size_t
find(const struct sums *s, const struct mail *m)
{
	const struct hour *h = s->n > 0 ? &s->of[s->at] : NULL;
	uintptr_t place;

	if (h != NULL && h->auth_user == m->auth_user && h->host == m->host)
		return s->at;
	if (s->n < 2)
		return s->n;
	place =
	    (uintptr_t)map_get(&s->by_login, login_key(m->auth_user, m->host));
	return place ? place - 1 : s->n;
}

static void
remember(struct sums *s, size_t at)
{
	map_put(&s->by_login, login_key(s->of[at].auth_user, s->of[at].host),
	    (void *)(uintptr_t)(at + 1));
}

/* The login's sums; mostly those of the mail before. */
static struct hour *
hour_of(struct sums *s, const struct mail *m)
{
	s->at = find(s, m);
	if (s->at < s->n)
		return &s->of[s->at];
	if (s->n == s->size) {
		s->size = s->size ? 2 * s->size : 16;
		s->of = xrealloc(s->of, s->size * sizeof(*s->of));
	}
	s->at = s->n++;
	s->of[s->at] = (struct hour){.auth_user = m->auth_user,
	    .host = m->host,
	    .first = INT64_MAX,
	    .last = INT64_MIN,
	    .sender = -1,
	    .helo = -1};
	if (s->n == 2)
		remember(s, 0);
	if (s->n >= 2)
		remember(s, s->at);
	return &s->of[s->at];
}

static bool
has(const struct mail *m, enum verdict_kind k)
{
	return m->verdicts >> k & 1;
}

static void
note_time(int64_t *first, int64_t *last, int64_t t)
{
	*first = t < *first ? t : *first;
	*last = t > *last ? t : *last;
}

static void
add_names(struct hour *h, const struct mail *m)
{
	h->senders += m->sender != 0 && m->sender != h->sender;
	h->helos += m->helo != 0 && m->helo != h->helo;
	h->sender = m->sender;
	h->helo = m->helo;
}

/* "whole": somebody saw the message and not only its envelope. */
static void
add_mail(struct sums *s)
{
	const struct mail *m = &s->mail;
	struct hour *h;
	bool adverse, whole, null;

	if (m->id == 0)
		return;
	h = hour_of(s, m);
	adverse = has(m, VERDICT_SPAM) || has(m, VERDICT_VIRUS);
	whole = m->accepted > 0 || adverse || has(m, VERDICT_BANNED) ||
	        has(m, VERDICT_CLEAN);
	null = m->sender == s->null_sender;
	note_time(&h->first, &h->last, m->received);
	add_names(h, m);
	h->transactions++;
	h->messages += whole;
	h->recipients += m->recipients;
	h->null_senders += null && whole;
	h->spam += has(m, VERDICT_SPAM);
	h->virus += has(m, VERDICT_VIRUS);
	h->adverse += adverse;
	h->banned += has(m, VERDICT_BANNED);
	h->listed += has(m, VERDICT_LISTED);
	h->clean += has(m, VERDICT_CLEAN);
	if (m->sender != 0 && !null && !adverse) {
		h->tried += m->known;
		h->failed += m->failed;
	}
	h->tempfailed += m->tempfailed;
	h->unknown += m->unknown;
}

static int
put_hour(struct sums *s, const struct hour *h, struct err *e)
{
	const struct value v[] = {value_int(s->hour), value_int(s->client),
	    value_int(h->auth_user), value_int(h->host), value_time(h->first),
	    value_time(h->last), value_int(h->transactions),
	    value_int(h->messages), value_int(h->recipients),
	    value_int(h->senders), value_int(h->helos),
	    value_int(h->null_senders), value_int(h->spam), value_int(h->virus),
	    value_int(h->adverse), value_int(h->banned), value_int(h->listed),
	    value_int(h->clean), value_int(h->tried), value_int(h->failed),
	    value_int(h->tempfailed), value_int(h->unknown)};

	return store_run(s->store, "mail_sums_put", v, LEN(v), e);
}

static int
put_hours(struct sums *s, struct err *e)
{
	int rc = 0;

	add_mail(s);
	for (size_t i = 0; rc >= 0 && i < s->n; i++)
		rc = put_hour(s, &s->of[i], e);
	if (s->n > 1)
		map_free(&s->by_login);
	s->n = s->at = 0;
	s->mail.id = 0;
	return rc;
}

static void
add_recipient(struct mail *m, int64_t outcome)
{
	m->recipients++;
	m->accepted += (outcome & ACCEPTED) != 0;
	m->known += (outcome & KNOWN) != 0;
	m->failed += (outcome & FAILED) != 0;
	m->tempfailed += (outcome & TEMPFAILED) != 0;
	m->unknown += (outcome & UNKNOWN) != 0;
}

static int
add_row(struct sums *s, const struct stmt *st, struct err *e)
{
	int64_t hour = stmt_value(st, HOUR).i;
	int64_t client = stmt_value(st, CLIENT).i;
	int64_t id = stmt_value(st, MESSAGE).i;
	struct mail *m = &s->mail;
	int rc = 0;

	if (hour != s->hour || client != s->client)
		rc = put_hours(s, e);
	else if (id != m->id)
		add_mail(s);
	s->hour = hour;
	s->client = client;
	if (id != m->id)
		*m = (struct mail){.id = id,
		    .auth_user = stmt_value(st, AUTH_USER).i,
		    .host = stmt_value(st, HOST).i,
		    .received = stmt_value(st, RECEIVED).i,
		    .sender = stmt_value(st, SENDER).i,
		    .helo = stmt_value(st, HELO).i,
		    .verdicts = stmt_value(st, VERDICTS).i};
	if (stmt_value(st, OUTCOME).type == VALUE_INT)
		add_recipient(m, stmt_value(st, OUTCOME).i);
	return rc;
}

static int
find_null_sender(struct sums *s, struct err *e)
{
	const struct value v = value_z("");
	struct stmt *st;
	int rc = store_prepare(s->store, "name_get", &st, e);

	s->null_sender = -1;
	if (rc < 0 || (rc = stmt_start(st, &v, 1, e)) < 0 ||
	    (rc = stmt_next(st, e)) <= 0)
		return rc;
	s->null_sender = stmt_value(st, 0).i;
	stmt_reset(st);
	return 0;
}

int
mail_sums_due(struct store *s, int64_t from, int64_t until, struct err *e)
{
	const struct value span[] = {value_int(from), value_int(until)};
	struct stmt *st;
	int rc = store_prepare(s, "mail_sums_due", &st, e);

	if (rc >= 0)
		rc = stmt_start(st, span, 2, e);
	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	stmt_reset(st);
	return 1;
}

int
mail_sums_update(struct store *s, int64_t from, int64_t until, struct err *e)
{
	const struct value span[] = {value_int(from), value_int(until)};
	struct sums sums = {.store = s};
	struct stmt *st;
	int rc = find_null_sender(&sums, e);

	if (rc >= 0)
		rc = store_run(s, "mail_sums_clear", span, 2, e);
	if (rc >= 0)
		rc = store_prepare(s, "mail_sums_read", &st, e);
	if (rc >= 0)
		rc = stmt_start(st, span, 2, e);
	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		rc = add_row(&sums, st, e);
		if (rc < 0)
			stmt_reset(st);
	}
	if (rc >= 0)
		rc = put_hours(&sums, e);
	if (rc >= 0)
		rc = store_run(s, "mail_sums_done", span, 2, e);
	map_free(&sums.by_login);
	free(sums.of);
	return rc;
}
