/* SPDX-License-Identifier: Apache-2.0 */
/* Detection rules: the shipped ones load, bad ones are refused by name. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rule/detect.h"

static char folder[] = "/tmp/detect_test.XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/detect_test.XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int
tear_down(void **state)
{
	char cmd[128];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", folder);
	return system(cmd);
}

static void
put_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
shipped_rules_load_in_order(void **state)
{
	const char *dirs[] = {SOURCE_TREE "/rules/detect", NULL};
	struct detect *d;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(detect_load(&d, dirs, &e), 0);
	assert_true(detect_count(d) >= 4);
	for (i = 1; i < detect_count(d); i++)
		assert_true(strcmp(detect_at(d, i - 1)->rule.p,
		                detect_at(d, i)->rule.p) < 0);
	detect_free(d);
}

#define RULE(name, n)                                                          \
	"rule: " name "\nsummary: s\nkind: spam\nscope: [customer]\n"          \
	"when:\n  - {metric: spam_messages, unit: messages, at_least: " n      \
	", source: ours}\n"

static void
a_later_folder_replaces_and_removes(void **state)
{
	char local[128];
	const char *dirs[] = {folder, local, NULL};
	struct detect *d;
	struct err e;

	(void)state;
	snprintf(local, sizeof(local), "%s/local", folder);
	assert_int_equal(mkdir(local, 0700), 0);
	put_file("a.yaml", RULE("a", "3"));
	put_file("b.yaml", RULE("b", "3"));
	put_file("c.yaml", RULE("c", "3"));
	put_file("local/x.yaml", RULE("b", "7"));
	put_file("local/y.yaml", "rule: a\noff: true\n");
	assert_int_equal(detect_load(&d, dirs, &e), 0);
	assert_int_equal(detect_count(d), 2);
	assert_string_equal(detect_at(d, 0)->rule.p, "b");
	assert_true(detect_at(d, 0)->when[0].value == 7);
	assert_string_equal(detect_at(d, 1)->rule.p, "c");
	detect_free(d);
}

static void
bad_rules_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"summary: s\n", "'rule' is missing"},
	    {"rule: a\nsummary: s\nkind: ham\n", "a.yaml:3: kind is"},
	    {"rule: a\nsummary: s\nkind: spam\nscope: [world]\n",
	        "a.yaml:4: scope is"},
	    {"rule: a\nsummary: s\nkind: spam\nscope: [remote]\nwhen: []\n",
	        "fires always"},
	    {"rule: a\nsummary: s\nkind: spam\nscope: [remote]\nwhen:\n"
	     "  - {metric: m, unit: u, source: ours}\n",
	        "a.yaml:6: one of"},
	    {"rule: a\nsummary: s\nkind: spam\nscope: [remote]\nwhen:\n"
	     "  - {metric: m, unit: u, at_least: 1, at_most: 2, source: o}\n",
	        "one of"},
	    {"rule: a\nsummary: s\nkind: spam\nscope: [remote]\nwhen:\n"
	     "  - {metric: m, unit: u, at_least: many, source: ours}\n",
	        "a.yaml:6"},
	    {"rule: a\nsummary: s\nkind: spam\nscope: [remote]\nwhen:\n"
	     "  - {metric: m, unit: u, at_least: 1}\n",
	        "'source' is missing"},
	    {"rule: a\nsurprise: 1\n", "a.yaml:2"},
	};
	const char *dirs[] = {folder, NULL};
	struct detect *d;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_file("a.yaml", cases[i].text);
		assert_int_equal(detect_load(&d, dirs, &e), ERR_USAGE);
		if (strstr(e.text, cases[i].want) == NULL)
			fail_msg("case %zu: \"%s\" lacks \"%s\"", i, e.text,
			    cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shipped_rules_load_in_order),
	    cmocka_unit_test_setup_teardown(
	        a_later_folder_replaces_and_removes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        bad_rules_are_refused_with_their_line, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
