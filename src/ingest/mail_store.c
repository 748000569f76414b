/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/mail_store.h"

void
mail_store_open(struct mail_store *t, struct store *s, struct assembler *a)
{
	*t = (struct mail_store){.store = s, .assembler = a};
	t->sums = mail_sums_new(s);
	t->parts = part_rows_new(s);
	t->filters = mailbox_filters_new(s);
}

void
mail_store_close(struct mail_store *t)
{
	mailbox_filters_free(t->filters);
	part_rows_free(t->parts);
	mail_sums_free(t->sums);
	texts_free(&t->paths);
}

int
mail_store_save(struct mail_store *t, int64_t now, struct err *e)
{
	int rc = part_rows_flush(t->parts, e);

	if (rc >= 0)
		rc = mailbox_filters_save(t->filters, e);
	return rc < 0 ? rc : mail_sums_save(t->sums, now, e);
}
