/* SPDX-License-Identifier: Apache-2.0 */
#include "input/flow_loss.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct flow_loss *loss;
static int64_t now; /* seconds; an agent sends one datagram a second */

static enum flow_loss_seen
send_up(uint32_t sequence, uint32_t uptime, uint64_t print, int64_t *lost)
{
	struct sflow_datagram d = {
	    .version = 5, .sequence = sequence, .uptime = uptime};

	now++;
	return flow_loss_datagram(loss, now * 1000000, print, &d, lost);
}

/* One datagram of an agent that has been up for a day. */
static int64_t
send(uint32_t sequence)
{
	int64_t lost;

	assert_int_equal(send_up(sequence, 86400000 + (uint32_t)now * 1000,
	                     sequence * 7919u + 1, &lost),
	    LOSS_FRESH);
	return lost;
}

static struct flow_loss_totals
totals(void)
{
	return flow_loss_totals(loss);
}

static int
begin(void **state)
{
	(void)state;
	loss = flow_loss_new();
	now = 1000;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	flow_loss_free(loss);
	return 0;
}

static void
test_gap_and_wrap(void **state)
{
	(void)state;
	assert_int_equal(send(0xfffffffd), 0);
	assert_int_equal(send(0xfffffffe), 0);
	assert_int_equal(send(2), 3); /* ffffffff, 0, 1 */
	assert_int_equal(send(3), 0);
	assert_int_equal(totals().lost_datagrams, 3);
	assert_int_equal(totals().jumps + totals().restarts, 0);
}

static void
test_reordered(void **state)
{
	(void)state;
	send(10);
	assert_int_equal(send(12), 1);
	assert_int_equal(send(11), -1);
	assert_int_equal(send(13), 0);
	assert_int_equal(send(9), 0); /* before the first */
	assert_int_equal(totals().lost_datagrams, 0);
	assert_int_equal(totals().reordered, 2);
}

static void
test_duplicate(void **state)
{
	int64_t lost;

	(void)state;
	send(10);
	assert_int_equal(send_up(11, 90000000, 42, &lost), LOSS_FRESH);
	assert_int_equal(send_up(11, 90000000, 42, &lost), LOSS_DUPLICATE);
	assert_int_equal(lost, 0);
	send(12);
	assert_int_equal(totals().duplicates, 1);
	assert_int_equal(totals().lost_datagrams, 0);
}

/* Cards of one chassis, far apart, interleaved: nothing is lost. */
static void
test_tracks(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 50; i++) {
		send(100 + i);
		send(1500000000 + i);
		send(3000000000u + i);
	}
	assert_int_equal(totals().lost_datagrams, 0);
	assert_int_equal(totals().jumps, 2);
	assert_int_equal(send(1500000052), 2); /* a gap on one of them */
}

static void
test_restart(void **state)
{
	int64_t lost;

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		send(5000 + i);
	send_up(1, 2000, 1, &lost);
	assert_int_equal(lost, 0);
	send_up(2, 3000, 2, &lost);
	assert_int_equal(lost, 0);
	assert_int_equal(totals().restarts, 1);
	assert_int_equal(totals().jumps, 0);
	assert_int_equal(totals().lost_datagrams, 0);
}

/* Within the window, numbers that were there before but other bytes. */
static void
test_restart_nearby(void **state)
{
	int64_t lost;

	(void)state;
	for (uint32_t i = 1; i <= 30; i++)
		send(i);
	send_up(1, 1000, 77, &lost);
	assert_int_equal(totals().restarts, 1);
	assert_int_equal(totals().duplicates, 0);
	assert_int_equal(totals().reordered, 0);
}

/* More than the window, but no more than the agent sends in that time. */
static void
test_long_outage(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		send(100 + i);
	now += 5000;
	assert_int_equal(send(5120), 5000);
	assert_int_equal(totals().lost_datagrams, 5000);
	assert_int_equal(totals().jumps, 0);
}

static void
sample(uint32_t index, uint32_t sequence, uint32_t pool, uint32_t drops)
{
	struct sflow_datagram d = {.uptime = 1000 * sequence};
	struct sflow_sample s = {.datagram = &d,
	    .sequence = sequence,
	    .source_index = index,
	    .rate = 100,
	    .pool = pool,
	    .drops = drops};

	flow_loss_sample(loss, (int64_t)sequence * 1000000, &s);
}

static void
test_pool_and_drops(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 60; i++) {
		sample(1, i, i * 103, 5);          /* true to its rate */
		sample(2, i, i * 200, 5 + i / 20); /* half do not arrive */
		sample(3, i, 0, 0);                /* has no pool */
		if (i != 30)
			sample(4, i, i * 100, 0);
	}
	assert_int_equal(totals().sources, 4);
	assert_int_equal(totals().rate_checked, 3);
	assert_int_equal(totals().rate_off, 1);
	assert_int_equal(totals().drops, 3);
	assert_int_equal(totals().lost_samples, 1);
}

/* Forged agents cost a bounded amount of memory and are not silent. */
static void
test_limit(void **state)
{
	struct sflow_datagram d = {.version = 5};
	int64_t lost;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		d.sub_agent = i;
		flow_loss_datagram(loss, 0, i, &d, &lost);
	}
	assert_int_equal(totals().agents + totals().untracked, 20000);
	assert_int_equal(totals().agents, 16384);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_gap_and_wrap, begin, end),
	    cmocka_unit_test_setup_teardown(test_reordered, begin, end),
	    cmocka_unit_test_setup_teardown(test_duplicate, begin, end),
	    cmocka_unit_test_setup_teardown(test_tracks, begin, end),
	    cmocka_unit_test_setup_teardown(test_restart, begin, end),
	    cmocka_unit_test_setup_teardown(test_restart_nearby, begin, end),
	    cmocka_unit_test_setup_teardown(test_long_outage, begin, end),
	    cmocka_unit_test_setup_teardown(test_pool_and_drops, begin, end),
	    cmocka_unit_test_setup_teardown(test_limit, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
