/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/sender_name.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define BEYOND (INT64_C(1) << 40) /* more than there are names */

struct sender_names {
	struct store *store;
	struct holders *holders;
	struct buf text; /* of the last one, in part */
	struct sender *all;
	size_t n, size;
	struct map by_id; /* place, plus 1 */
	size_t last;      /* place, plus 1 */
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static void
put_lower(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_c(b, lower(s.p[i]));
}

/* At the last @; without one there is no domain. */
static bool
split(struct str text, struct str *local, struct str *domain)
{
	const char *at = text.n ? memrchr(text.p, '@', text.n) : NULL;

	*local = text;
	if (at == NULL)
		return false;
	local->n = (size_t)(at - text.p);
	*domain = str_of(at + 1, text.n - local->n - 1);
	return true;
}

bool
mail_domain_of(struct str text, struct buf *out)
{
	struct str local, domain;

	out->n = 0;
	if (!split(text, &local, &domain))
		return false;
	put_lower(out, domain);
	return true;
}

/* Where c is, or n. */
static size_t
find(struct str s, char c)
{
	const char *p = s.n ? memchr(s.p, c, s.n) : NULL;

	return p ? (size_t)(p - s.p) : s.n;
}

static bool
begins(struct str s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < n; i++)
		if (i >= s.n || lower(s.p[i]) != word[i])
			return false;
	return true;
}

/* BATV: prvs=tag=user. */
static struct str
without_tag(struct str local)
{
	struct str rest;
	size_t i;

	if (!begins(local, "prvs="))
		return local;
	rest = str_of(local.p + 5, local.n - 5);
	i = find(rest, '=');
	return i < rest.n ? str_of(rest.p + i + 1, rest.n - i - 1) : local;
}

/* SRS0=hash=..., and a + or - in the place of the first =. */
static bool
is_srs(struct str s)
{
	size_t i = 4;

	if (!begins(s, "srs") || s.n < 4)
		return false;
	while (i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80)
		i++; /* one letter, whatever it is */
	return i < s.n && strchr("=+-", s.p[i]) != NULL && s.p[i] != '\0';
}

/* VERP: list-123-user=dom, list+user: up to the first + or, of an address
 * with =, its first - or =. */
static struct str
stem(struct str s)
{
	size_t plus = find(s, '+'), equals = find(s, '='), dash = find(s, '-');

	if (plus > 0 && plus < s.n)
		s.n = plus;
	else if (equals > 0 && equals < s.n)
		s.n = dash > 0 && dash < equals ? dash : equals;
	return s;
}

static void
put_stem(struct buf *b, struct str text)
{
	struct str local, domain = STR("");

	b->n = 0;
	split(text, &local, &domain);
	local = without_tag(local);
	local = is_srs(local) ? STR("srs") : stem(local);
	for (size_t i = 0; i < local.n; i++)
		if (local.p[i] < '0' || local.p[i] > '9')
			buf_c(b, lower(local.p[i]));
	buf_c(b, '@');
	put_lower(b, domain);
}

/* --- names */

static int
find_address(
    struct sender_names *p, struct sender *s, struct str text, struct err *e)
{
	struct value v;
	int rc;

	if (text.n == 0)
		return 0;
	p->text.n = 0;
	put_lower(&p->text, text);
	s->address = s->id;
	if (str_eq(buf_str(&p->text), text))
		return 0;
	v = value_str(buf_str(&p->text));
	rc = store_number(p->store, "sender_name_id", &v, 1, &s->address, e);
	if (rc == 0)
		s->address = BEYOND | holders_text_no(p->holders, v.s);
	return rc;
}

static int
read_name(
    struct sender_names *p, struct sender *s, struct str text, struct err *e)
{
	struct str stem;

	put_stem(&p->text, text);
	stem = buf_str(&p->text);
	s->own = text.n > 0 && !str_starts(stem, STR("srs@"));
	s->stem = holders_text_no(p->holders, stem);
	if (mail_domain_of(text, &p->text) && p->text.n > 0)
		s->domain = holders_text_no(p->holders, buf_str(&p->text));
	return find_address(p, s, text, e);
}

/* A name that is not there says nothing. */
static int
read_sender(struct sender_names *p, struct sender *s, struct err *e)
{
	const struct value v = value_int(s->id);
	struct stmt *st;
	int rc = store_start(p->store, "sender_name_text", &v, 1, &st, e);

	if (rc < 0 || (rc = stmt_next(st, e)) <= 0)
		return rc;
	rc = read_name(p, s, stmt_value(st, 0).s, e);
	stmt_reset(st);
	return rc;
}

static int
add(struct sender_names *p, uint64_t key, int64_t id, struct err *e)
{
	struct sender s = {.id = id, .own = true};
	const int rc = read_sender(p, &s, e);

	if (rc < 0)
		return rc;
	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 1024;
		p->all = xrealloc(p->all, p->size * sizeof(*p->all));
	}
	p->all[p->n++] = s;
	map_put(&p->by_id, key, (void *)(uintptr_t)p->n);
	p->last = p->n;
	return 0;
}

/* Makes it the last one. */
static int
look(struct sender_names *p, int64_t id, struct err *e)
{
	uint64_t key = hash_u64((uint64_t)id, 0);
	size_t at;

	if (p->last != 0 && p->all[p->last - 1].id == id)
		return 0;
	for (; (at = (uintptr_t)map_get(&p->by_id, key)) != 0; key++) {
		if (p->all[at - 1].id == id) {
			p->last = at;
			return 0;
		}
	}
	return add(p, key, id, e);
}

/* --- those of the day */

static int
by_number(const void *pa, const void *pb)
{
	const int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return a < b ? -1 : a > b;
}

static int
read_ids(struct sender_names *p, int64_t **ids, size_t *n, struct err *e)
{
	struct stmt *st;
	size_t size = 0;
	int rc = store_start(p->store, "sender_names_day", NULL, 0, &st, e);

	while (rc >= 0 && (rc = stmt_next(st, e)) > 0) {
		if (*n == size) {
			size = size ? 2 * size : 1024;
			*ids = xrealloc(*ids, size * sizeof(**ids));
		}
		(*ids)[(*n)++] = stmt_int(st, 0);
	}
	return rc;
}

static int
sender_names_day(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct sender_names *p = arg;
	int64_t *ids = NULL;
	size_t n = 0;
	int rc = read_ids(p, &ids, &n, e);

	(void)v;
	(void)out;
	if (n > 0)
		qsort(ids, n, sizeof(*ids), by_number);
	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = look(p, ids[i], e);
	free(ids);
	return rc;
}

static void
forget(struct sender_names *p)
{
	free(p->all);
	map_free(&p->by_id);
	p->all = NULL;
	p->n = p->size = p->last = 0;
}

static int
sender_names_forget(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	(void)v;
	(void)out;
	(void)e;
	forget(arg);
	return 0;
}

/* --- what is asked */

int
sender_of(struct sender_names *p, int64_t id, const struct sender **out,
    struct err *e)
{
	const int rc = look(p, id, e);

	if (rc >= 0)
		*out = &p->all[p->last - 1];
	return rc;
}

static int
sender_domain(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	const struct sender *s;
	int rc = 0;

	if (v[0].type == VALUE_INT && (rc = sender_of(arg, v[0].i, &s, e)) >= 0)
		*out = value_id(s->domain);
	return rc;
}

static int
sender_address(
    void *arg, const struct value *v, struct value *out, struct err *e)
{
	const struct sender *s;
	int rc = 0;

	if (v[0].type == VALUE_INT && (rc = sender_of(arg, v[0].i, &s, e)) >= 0)
		*out = value_id(s->address);
	return rc;
}

static const struct store_function functions[] = {
    {"sender_names_day", 0, sender_names_day},
    {"sender_names_forget", 0, sender_names_forget},
    {"sender_domain", 1, sender_domain},
    {"sender_address", 1, sender_address},
};

int
sender_names_open(struct sender_names **out, struct store *s, struct holders *h,
    struct err *e)
{
	struct sender_names *p = xcalloc(1, sizeof(*p));
	int rc;

	p->store = s;
	p->holders = h;
	rc = store_functions(s, functions, LEN(functions), p, e);
	if (rc < 0)
		sender_names_close(p);
	else
		*out = p;
	return rc;
}

void
sender_names_close(struct sender_names *p)
{
	if (p == NULL)
		return;
	store_functions_end(p->store, functions, LEN(functions));
	buf_free(&p->text);
	forget(p);
	free(p);
}
