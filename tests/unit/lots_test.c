/* SPDX-License-Identifier: Apache-2.0 */
/* Each lot is of one share alone, whoever asks, and the shares are about as large. */
#include "correlate/lots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SHARES 3
#define KEYS   1000

/* A few that are large, and many that are small. */
static int64_t
load_of(uint64_t key)
{
	return 100000 / (int64_t)(key + 1);
}

/* Told in any order, and in parts. */
static struct lots *
told(unsigned share, bool backwards)
{
	struct lots *l = lots_new(share, SHARES);

	for (uint64_t i = 0; i < KEYS; i++) {
		const uint64_t key = backwards ? KEYS - 1 - i : i;

		lots_load(l, key * 1000003, load_of(key) / 2);
		lots_load(l, key * 1000003, load_of(key) - load_of(key) / 2);
	}
	return l;
}

static void
test_each_is_one_share_s(void **state)
{
	struct lots *l[SHARES];
	int64_t load[SHARES] = {0}, all = 0;
	unsigned owners;

	(void)state;
	for (unsigned i = 0; i < SHARES; i++)
		l[i] = told(i, i % 2);
	/* beyond KEYS: nobody was told of them */
	for (uint64_t key = 0; key < 2 * KEYS; key++) {
		owners = 0;
		for (unsigned i = 0; i < SHARES; i++) {
			if (!lots_ours(l[i], key * 1000003))
				continue;
			owners++;
			load[i] += key < KEYS ? load_of(key) : 0;
		}
		assert_int_equal(owners, 1);
		all += key < KEYS ? load_of(key) : 0;
	}
	for (unsigned i = 0; i < SHARES; i++) {
		assert_in_range(load[i], all / SHARES - 10, all / SHARES + 10);
		lots_free(l[i]);
	}
}

static void
test_one_share_has_all(void **state)
{
	struct lots *l = lots_new(0, 1);

	(void)state;
	assert_true(lots_ours(l, 5));
	lots_free(l);
	lots_free(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_is_one_share_s),
	    cmocka_unit_test(test_one_share_has_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
