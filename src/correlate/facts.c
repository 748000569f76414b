/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/facts.h"

int64_t
facts_number(struct facts *f, struct str customer, int64_t kind, int64_t most)
{
	if (!str_eq(customer, buf_str(&f->customer))) {
		f->customer.n = 0;
		buf_s(&f->customer, customer);
		f->kept = f->of_kind = 0;
	}
	if (kind != f->kind)
		f->of_kind = 0;
	f->kind = kind;
	if (f->of_kind >= most)
		return 0;
	f->of_kind++;
	return ++f->kept;
}

void
facts_free(struct facts *f)
{
	buf_free(&f->customer);
}
