/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "world.h"

static uint64_t state;

void
chance_seed(uint64_t seed)
{
	state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1;
	for (int i = 0; i < 8; i++)
		rnd(2);
}

static uint64_t
step(void)
{
	state ^= state << 13; /* xorshift64, Marsaglia 2003 */
	state ^= state >> 7;
	state ^= state << 17;
	return state * UINT64_C(0x2545F4914F6CDD1D);
}

uint32_t
rnd(uint32_t n)
{
	return (uint32_t)((step() >> 32) * n >> 32);
}

int64_t
rnd64(int64_t n)
{
	return n < 1 ? 0 : (int64_t)((step() >> 1) % (uint64_t)n);
}

double
rnd1(void)
{
	return (double)(step() >> 11) / 9007199254740992.0;
}

int
one_in(double share)
{
	return rnd1() < share;
}

unsigned
poisson(double mean)
{
	double left = exp(-(mean > 500 ? 500 : mean)), p = rnd1();
	unsigned n = 0;

	while (p > left && n < 5000) {
		n++;
		p *= rnd1();
	}
	return n;
}
