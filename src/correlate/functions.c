/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/functions.h"

#include "base/arena.h"
#include "base/buf.h"

#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

struct functions {
	struct store *store;
	struct buf text; /* of the last answer */
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

static int
mail_domain(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct functions *f = arg;

	(void)e;
	if (v[0].type == VALUE_TEXT && mail_domain_of(v[0].s, &f->text))
		*out = value_str(buf_str(&f->text));
	return 0;
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

static int
mail_stem(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct functions *f = arg;

	(void)e;
	if (v[0].type != VALUE_TEXT)
		return 0;
	put_stem(&f->text, v[0].s);
	*out = value_str(buf_str(&f->text));
	return 0;
}

static int
mail_own(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct functions *f = arg;

	(void)e;
	if (v[0].type != VALUE_TEXT)
		return 0;
	put_stem(&f->text, v[0].s);
	*out = value_int(
	    v[0].s.n > 0 && !str_starts(buf_str(&f->text), STR("srs@")));
	return 0;
}

static const struct store_function functions[] = {
    {"mail_domain", 1, mail_domain},
    {"mail_stem", 1, mail_stem},
    {"mail_own", 1, mail_own},
};

int
functions_open(struct functions **out, struct store *s, struct err *e)
{
	struct functions *f = xcalloc(1, sizeof(*f));
	int rc;

	f->store = s;
	rc = store_functions(s, functions, LEN(functions), f, e);
	if (rc < 0)
		functions_close(f);
	else
		*out = f;
	return rc;
}

void
functions_close(struct functions *f)
{
	if (f == NULL)
		return;
	store_functions_end(f->store, functions, LEN(functions));
	buf_free(&f->text);
	free(f);
}
