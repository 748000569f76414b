/* SPDX-License-Identifier: Apache-2.0 */
/* How far event time has come, in one run and in several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "ingest/event_time.h"
#include "rnd.h"

#define NOON (INT64_C(1795428000) * USEC)

static struct event_time
next_run(struct event_time *t, size_t *bytes)
{
	struct event_time next = event_time_from(UTC_NONE);
	struct buf b = {0};
	struct rd r;

	event_time_end(t);
	event_time_save(t, &b);
	r = rd_of(b.p, b.n);
	assert_true(event_time_restore(&next, &r));
	assert_int_equal(rd_left(&r), 0);
	assert_true(event_time_of_all(&next) == event_time_of_all(t));
	event_time_reads(&next, 7);
	*bytes = b.n;
	buf_free(&b);
	return next;
}

static void
hear(struct event_time *t, unsigned host, int64_t time)
{
	char name[16];
	int n = snprintf(name, sizeof(name), "mx%u", host);

	event_time_hear(t, str_of(name, (size_t)n), 7, time);
}

/* The same lines in one run, and in many. */
static void
it_does_not_matter_where_a_log_is_cut(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct event_time one = event_time_from(UTC_NONE), cut = one;
		const unsigned hosts = 1 + rnd() % (round % 2 ? 4 : 60);
		const unsigned seldom = 1 + rnd() % 20;
		const unsigned span = 1 + rnd() % 40;
		int64_t now = NOON;
		bool wrong = false;
		size_t bytes;

		for (int line = 0; line < 200; line++) {
			const unsigned host = rnd() % hosts;
			int64_t t = now + (host * 37 % 90) * USEC;

			now += rnd() % span * USEC;
			wrong = !wrong && rnd() % 100 == 0; /* alone */
			if (wrong)
				t += 4000 * 86400 * USEC;
			hear(&one, host, t);
			hear(&cut, host, t);
			assert_true(
			    event_time_of_all(&one) == event_time_of_all(&cut));
			if (rnd() % seldom == 0)
				cut = next_run(&cut, &bytes);
		}
	}
}

static void
an_older_log_has_its_own_time(void **state)
{
	struct event_time t = event_time_from(UTC_NONE);
	size_t bytes;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		hear(&t, 100 + i, NOON);
	t = next_run(&t, &bytes);
	assert_true(event_time_of_all(&t) == NOON);
	for (int i = 0; i < 3; i++) {
		hear(&t, 1, NOON - 3600 * USEC);
		hear(&t, 2, NOON - 3590 * USEC);
		hear(&t, 100, NOON - 3580 * USEC);
		t = next_run(&t, &bytes);
	}
	assert_true(event_time_of_all(&t) == NOON - 3600 * USEC);
	/* It comes to where the others were, who are waited for then. */
	for (unsigned host = 1; host <= 2; host++)
		hear(&t, host, NOON + 100 * USEC);
	assert_true(event_time_of_all(&t) == NOON);
	hear(&t, 1, NOON + 121 * USEC);
	hear(&t, 2, NOON + 121 * USEC);
	assert_true(event_time_of_all(&t) == NOON + 121 * USEC);
}

static void
no_more_is_kept_than_may_be_waited_for(void **state)
{
	struct event_time t = event_time_from(UTC_NONE);
	size_t bytes;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		hear(&t, i, NOON + i % 100 * USEC);
	t = next_run(&t, &bytes);
	assert_true(bytes <= 17 + 21 * EVENT_TIME_HOSTS);
	hear(&t, 1, NOON + 3600 * USEC);
	hear(&t, 1, NOON + 3600 * USEC);
	t = next_run(&t, &bytes);
	assert_int_equal(bytes, 17 + 21);
}

/* Who reads each host's log by a call of its own waits for none. */
static void
who_is_waited_for(void **state)
{
	struct event_time t = event_time_from(UTC_NONE), next = t;
	struct buf b = {0};
	struct rd r;

	(void)state;
	event_time_hear(&t, STR("a"), 1, NOON + 50 * USEC);
	event_time_hear(&t, STR("a"), 1, NOON + 50 * USEC);
	event_time_hear(&t, STR("b"), 2, NOON);
	event_time_save(&t, &b);
	r = rd_of(b.p, b.n);
	assert_true(event_time_restore(&next, &r));
	event_time_hear(&next, STR("a"), 1, NOON + 60 * USEC);
	event_time_hear(&next, STR("a"), 1, NOON + 60 * USEC);
	assert_true(event_time_of_all(&next) == NOON + 60 * USEC);
	event_time_reads(&next, 2);
	assert_true(event_time_of_all(&next) == NOON);
	/* One file of several hosts, whatever is read now. */
	event_time_hear(&t, STR("c"), 2, NOON + 10 * USEC);
	b.n = 0;
	event_time_save(&t, &b);
	next = event_time_from(UTC_NONE);
	r = rd_of(b.p, b.n);
	assert_true(event_time_restore(&next, &r));
	event_time_hear(&next, STR("a"), 1, NOON + 60 * USEC);
	event_time_hear(&next, STR("a"), 1, NOON + 60 * USEC);
	assert_true(event_time_of_all(&next) == NOON);
	buf_free(&b);
}

static void
garbled(void **state)
{
	struct event_time t = event_time_from(UTC_NONE), next;
	struct buf b = {0};
	struct rd r;

	(void)state;
	for (unsigned i = 0; i < EVENT_TIME_HOSTS; i++)
		hear(&t, i, NOON);
	event_time_save(&t, &b);
	for (size_t n = 0; n < b.n; n++) {
		next = event_time_from(UTC_NONE);
		r = rd_of(b.p, n);
		assert_false(event_time_restore(&next, &r));
	}
	b.n--;
	for (int i = 0; i < 18; i++)
		buf_c(&b, 1);
	next = event_time_from(UTC_NONE);
	r = rd_of(b.p, b.n);
	assert_false(event_time_restore(&next, &r));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_does_not_matter_where_a_log_is_cut),
	    cmocka_unit_test(an_older_log_has_its_own_time),
	    cmocka_unit_test(no_more_is_kept_than_may_be_waited_for),
	    cmocka_unit_test(who_is_waited_for),
	    cmocka_unit_test(garbled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
