/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random, the same in each run (xorshift64, Marsaglia 2003). */
#ifndef TESTS_UNIT_RND_H
#define TESTS_UNIT_RND_H

#include <stdint.h>

static uint64_t rnd_state = 42;

static uint64_t
rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state;
}

#endif
