/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles against printed tables of chi-square and of Poisson limits. */
#include "base/gamma.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
near(double got, double want, double error)
{
	if (!(fabs(got - want) <= error))
		fail_msg("%.12g is not %.12g", got, want);
}

/* Chi-square with 1, 2, 10, 30 and 100 degrees of freedom, as in any table. */
static void
test_chi_square(void **state)
{
	(void)state;
	near(2 * gamma_quantile(0.5, 0.95), 3.841459, 1e-6);
	near(2 * gamma_quantile(1, 0.95), 5.991465, 1e-6);
	near(2 * gamma_quantile(5, 0.975), 20.483177, 1e-6);
	near(2 * gamma_quantile(5, 0.025), 3.246973, 1e-6);
	near(2 * gamma_quantile(15, 0.99), 50.892181, 1e-6);
	near(2 * gamma_quantile(50, 0.025), 74.221927, 1e-6);
	near(2 * gamma_quantile(50, 0.975), 129.561197, 1e-6);
}

/* Garwood's 95 % limits of a Poisson mean: 0 seen 3.69; 1: 0.0253 and 5.57;
 * 10: 4.80 and 18.39; 100: 81.36 and 121.63. */
static void
test_poisson(void **state)
{
	(void)state;
	near(gamma_quantile(1, 0.975), 3.688879, 1e-6);
	near(gamma_quantile(1, 0.025), 0.025318, 1e-6);
	near(gamma_quantile(2, 0.975), 5.571643, 1e-6);
	near(gamma_quantile(10, 0.025), 4.795389, 1e-6);
	near(gamma_quantile(11, 0.975), 18.390356, 1e-6);
	near(gamma_quantile(100, 0.025), 81.363991, 1e-6);
	near(gamma_quantile(101, 0.975), 121.626794, 1e-6);
}

/* The shape of one sided exponential: -ln(1 - p). */
static void
test_exponential(void **state)
{
	(void)state;
	for (double p = 0.001; p < 1; p += 0.037)
		near(gamma_quantile(1, p), -log1p(-p), 1e-9);
}

/* The search and the approximation meet where one takes over. */
static void
test_large(void **state)
{
	(void)state;
	near(gamma_quantile(9.9e6, 0.975) / 9.9e6, 1 + 1.959964 / sqrt(9.9e6),
	    1e-6);
	near(gamma_quantile(9999999, 0.975) + 1,
	    gamma_quantile(10000000, 0.975), 0.01);
	near(gamma_quantile(9999999, 0.025) + 1,
	    gamma_quantile(10000000, 0.025), 0.01);
	assert_true(gamma_quantile(1e-3, 0.5) < 1e-9);
}

/* One packet at 1 in 1024: 0.0253 and 5.5716 of Poisson's tables. */
static void
test_bounds(void **state)
{
	double low, high;

	(void)state;
	gamma_bounds(1024, 1, &low, &high);
	near(low, 1024 * 0.0253178, 1e-3);
	near(high, 1024 * 5.5716434, 1e-3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_chi_square),
	    cmocka_unit_test(test_poisson),
	    cmocka_unit_test(test_exponential),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
