/* SPDX-License-Identifier: Apache-2.0 */
/* Bloom filters of one hash and of many: what they hold, and how often what they
 * do not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bloom.h"
#include "tests/unit/rnd.h"

#define ASKED 200000

/* The share of hashes that it wrongly may hold. */
static double
rate(size_t n)
{
	uint64_t *hash = malloc(n * sizeof(*hash));
	struct buf b = {0};
	size_t wrong = 0;

	bloom_make(&b, n);
	for (size_t i = 0; i < n; i++)
		bloom_add(&b, hash[i] = rnd());
	for (size_t i = 0; i < n; i++)
		assert_true(bloom_may_hold(buf_str(&b), hash[i]));
	for (size_t i = 0; i < ASKED; i++)
		wrong += bloom_may_hold(buf_str(&b), rnd());
	buf_free(&b);
	free(hash);
	return (double)wrong / ASKED;
}

static void
holds_what_was_put_in(void **state)
{
	(void)state;
	for (size_t n = 1; n < 300; n++)
		rate(n);
}

static void
seldom_holds_what_was_not(void **state)
{
	(void)state;
	for (size_t n = 1; n < 100; n++)
		assert_true(rate(n) < 0.0003);
	for (double n = 1024; n < 8192; n *= 2)
		assert_true(fabs(rate((size_t)n) * (1 << 20) / n - 1) < 0.2);
	assert_true(fabs(rate(100000) - 1 / 128.0) < 0.001);
}

static void
bits_of_many(void **state)
{
	struct buf b = {0};

	(void)state;
	bloom_make(&b, 1);
	assert_int_equal(b.n, 9);
	bloom_make(&b, 9000); /* ten bits each */
	assert_in_range(b.n, 11250, 11390);
	bloom_make(&b, 0);
	assert_false(bloom_may_hold(buf_str(&b), rnd()));
	buf_free(&b);
}

/* Of a store that somebody else wrote to. */
static void
what_is_no_filter_may_hold_anything(void **state)
{
	char text[300] = {(char)255};

	(void)state;
	assert_true(bloom_may_hold(STR_NONE, 1));
	assert_true(bloom_may_hold(STR(""), 1));
	assert_true(bloom_may_hold(STR("\7"), 1));
	assert_true(bloom_may_hold(str_of(text, (size_t)1 << 30), 1));
	for (size_t n = 2; n < sizeof(text); n++)
		assert_false(bloom_may_hold(str_of(text, n), rnd()));
	memset(text, 255, sizeof(text));
	for (size_t n = 2; n < sizeof(text); n++)
		assert_true(bloom_may_hold(str_of(text, n), rnd()));
	text[0] = 0;
	assert_true(bloom_may_hold(str_of(text, sizeof(text)), 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(holds_what_was_put_in),
	    cmocka_unit_test(seldom_holds_what_was_not),
	    cmocka_unit_test(bits_of_many),
	    cmocka_unit_test(what_is_no_filter_may_hold_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
