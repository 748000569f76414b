/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry of the journal as JSON and in the export format.  What is given
 * out must lie in the line or in what was decoded, and an entry must end in
 * the same place in whatever pieces its bytes come (the first byte).
 */
#include <stdlib.h>

#include "input/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
within(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void
check(const struct journal_entry *j, struct str raw, struct str decoded)
{
	for (int f = 0; f < JOURNAL_FIELDS; f++)
		if (str_has(j->value[f]) && !within(j->value[f], raw) &&
		    !within(j->value[f], decoded))
			abort();
}

static size_t
end_of(struct str raw, size_t step)
{
	struct journal_scan scan = {0};
	bool found = false;

	for (size_t n = step; !found && n < raw.n + step; n += step)
		found = journal_scan(&scan, str_head(raw, n));
	if (scan.seen > raw.n)
		abort();
	return found ? scan.seen : SIZE_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct buf decoded;
	struct journal_entry j;
	struct str raw;

	if (n == 0)
		return 0;
	raw = str_of((const char *)data + 1, n - 1);
	if (journal_read_json(raw, &decoded, &j))
		check(&j, raw, buf_str(&decoded));
	if (decoded.n > raw.n)
		abort();
	journal_read_export(raw, &j);
	check(&j, raw, raw);
	if (end_of(raw, raw.n + 1) != end_of(raw, 1 + data[0]))
		abort();
	return 0;
}
