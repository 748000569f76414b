/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: groups, bytes, errors with a place, bounded effort. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/regex.h"

static struct regex *
compiled(const char *pattern)
{
	struct regex *r = NULL;
	struct err e;

	assert_int_equal(regex_compile(&r, str_z(pattern), &e), 0);
	return r;
}

static void
named_groups_are_set_or_absent(void **state)
{
	struct regex *r =
	    compiled("^(?<word>spam|clean)( extra)?(?: (?<more>\\d+))?");
	struct str g[REGEX_GROUPS];

	(void)state;
	assert_int_equal(regex_groups(r), 2);
	assert_true(str_eq(regex_name(r, 1), STR("word")));
	assert_int_equal(regex_group(r, STR("more")), 2);
	assert_int_equal(regex_group(r, STR("none")), 0);
	assert_int_equal(regex_match(r, STR("spam extra 12 x"), g), REGEX_YES);
	assert_true(str_eq(g[0], STR("spam extra 12")));
	assert_true(str_eq(g[1], STR("spam")));
	assert_true(str_eq(g[2], STR("12")));
	assert_int_equal(regex_match(r, STR("clean"), g), REGEX_YES);
	assert_false(str_has(g[2]));
	assert_int_equal(regex_match(r, STR("a spam"), g), REGEX_NO);
	regex_free(r);
}

static void
empty_and_absent_text_and_groups(void **state)
{
	struct regex *r = compiled("^<(?<a>[^<>]*)>$|^$");
	struct str g[REGEX_GROUPS];

	(void)state;
	assert_int_equal(regex_match(r, STR("<>"), g), REGEX_YES);
	assert_true(str_has(g[1]));
	assert_int_equal(g[1].n, 0);
	assert_int_equal(regex_match(r, STR_NONE, g), REGEX_YES);
	assert_false(str_has(g[1]));
	regex_free(r);
}

static void
bytes_that_are_no_utf8_match(void **state)
{
	struct regex *r = compiled("^(?<x>.+) end$");
	struct str g[REGEX_GROUPS];

	(void)state;
	assert_int_equal(
	    regex_match(r, STR("\xff\xc3\x00\x80 end"), g), REGEX_YES);
	assert_int_equal(g[1].n, 4);
	/* $ is the end, not a place before a line feed. */
	assert_int_equal(regex_match(r, STR("a end\n"), g), REGEX_NO);
	regex_free(r);
}

static void
bad_patterns_say_where(void **state)
{
	struct regex *r;
	struct err e;

	(void)state;
	assert_int_equal(regex_compile(&r, STR("ab(c"), &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "at byte 5"));
	assert_int_equal(regex_compile(&r, STR("(*UTF)a"), &e), ERR_USAGE);
	assert_int_equal(regex_compile(&r,
	                     STR("(?<a>a)(?<b>b)(?<c>c)(?<d>d)(?<e>e)(?<f>f)"
	                         "(?<g>g)(?<h>h)(?<i>i)(?<j>j)(?<k>k)(?<l>l)"
	                         "(?<m>m)(?<n>n)(?<o>o)(?<p>p)(?<q>q)(?<r>r)"
	                         "(?<s>s)(?<t>t)(?<u>u)(?<v>v)(?<w>w)(?<x>x)"),
	                     &e),
	    ERR_USAGE);
	assert_non_null(strstr(e.text, "groups"));
}

static void
hostile_text_makes_it_give_up(void **state)
{
	struct regex *r = compiled("^(?:a+)+b|c$");
	struct str g[REGEX_GROUPS];
	char text[4000];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(
	    regex_match(r, str_of(text, sizeof(text)), g), REGEX_GAVE_UP);
	assert_int_equal(regex_match(r, STR("aab"), g), REGEX_YES);
	regex_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(named_groups_are_set_or_absent),
	    cmocka_unit_test(empty_and_absent_text_and_groups),
	    cmocka_unit_test(bytes_that_are_no_utf8_match),
	    cmocka_unit_test(bad_patterns_say_where),
	    cmocka_unit_test(hostile_text_makes_it_give_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
