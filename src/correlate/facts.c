/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/facts.h"

#include "base/arena.h"
#include "base/buf.h"

#include <stdlib.h>

/* Where the numbers are. */
struct facts {
	struct store *store;
	struct buf customer;
	int64_t kind;
	int64_t kept;    /* of the customer */
	int64_t of_kind; /* of these, of the kind */
};

static int
fact_number(void *arg, const struct value *v, struct value *out, struct err *e)
{
	struct facts *f = arg;

	(void)e;
	if (!str_eq(v[0].s, buf_str(&f->customer))) {
		f->customer.n = 0;
		buf_s(&f->customer, v[0].s);
		f->kept = f->of_kind = 0;
	}
	if (v[1].i != f->kind)
		f->of_kind = 0;
	f->kind = v[1].i;
	if (f->of_kind >= v[2].i)
		return 0;
	f->of_kind++;
	*out = value_int(++f->kept);
	return 0;
}

static const struct store_function facts_function = {
    "fact_number", 3, fact_number};

int
facts_open(struct facts **out, struct store *s, struct err *e)
{
	struct facts *f = xcalloc(1, sizeof(*f));
	int rc;

	f->store = s;
	rc = store_functions(s, &facts_function, 1, f, e);
	if (rc < 0)
		facts_close(f);
	else
		*out = f;
	return rc;
}

void
facts_close(struct facts *f)
{
	if (f == NULL)
		return;
	store_functions_end(f->store, &facts_function, 1);
	buf_free(&f->customer);
	free(f);
}
