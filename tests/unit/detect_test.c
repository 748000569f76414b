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
	assert_int_equal(detect_count(d), 3);
	assert_true(detect_at(d, 0)->off);
	assert_string_equal(detect_at(d, 1)->rule.p, "b");
	assert_true(detect_at(d, 1)->when[0].value == 7);
	assert_int_equal(detect_at(d, 1)->from, 1);
	assert_string_equal(detect_at(d, 2)->rule.p, "c");
	assert_int_equal(detect_at(d, 2)->from, 0);
	detect_free(d);
}

#define HEAD(kind)                                                             \
	"rule: a\nsummary: s\nkind: " kind "\nscope: [customer]\n"
#define WHEN(metric, n)                                                        \
	"when:\n  - {metric: " metric ", unit: u, at_least: " n               \
	", source: ours}\n"
#define SPRT(theta0, theta1, alpha)                                            \
	"sprt: {theta0: " theta0 ", theta1: " theta1 ", alpha: " alpha         \
	", beta: 0.01, source: ours}\n"

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
	    {HEAD("innocent") WHEN("messages", "20"),
	        "a rule of kind innocent says 'against' which"},
	    {HEAD("innocent") "against: [a]\n" WHEN("messages", "20"),
	        "a.yaml:5: a rule is not against itself"},
	    {HEAD("spam") "against: [b, b]\n" WHEN("messages", "20"),
	        "a.yaml:5: 'b' stands twice"},
	    {HEAD("spam") "against: []\n" WHEN("messages", "20"), "a.yaml:5"},
	    {HEAD("spam") "against: [b]\n" WHEN("messages", "20"),
	        "a.yaml:5: no rule 'b'"},
	    {HEAD("spam") WHEN("spam_sprt", "1"), "go together"},
	    {HEAD("spam") SPRT("0.02", "0.5", "0.0001") WHEN("messages", "1"),
	        "a.yaml:5: the metric spam_sprt and 'sprt' go together"},
	    {HEAD("spam") SPRT("0.5", "0.5", "0.0001") WHEN("spam_sprt", "1"),
	        "a.yaml:5: theta0 is less than theta1"},
	    {HEAD("spam") SPRT("0", "0.5", "0.0001") WHEN("spam_sprt", "1"),
	        "'theta0' lies between 0 and 1"},
	    {HEAD("spam") SPRT("0.02", "0.5", "nan") WHEN("spam_sprt", "1"),
	        "a.yaml:5"},
	    {HEAD("spam") SPRT("0.02", "0.5", "0.995") WHEN("spam_sprt", "1"),
	        "a.yaml:5: alpha and beta are less than 1 together"},
	    {HEAD("spam") "sprt: {theta0: 0.02}\n" WHEN("spam_sprt", "1"),
	        "'theta1' is missing"},
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

/* Whatever rule another one takes away, takes none away itself: or it would
 * matter which is looked at first, and two could take each other away. */
static void
rules_against_rules(void **state)
{
	const char *dirs[] = {folder, NULL};
	struct detect *d;
	struct err e;

	(void)state;
	put_file("a.yaml", HEAD("innocent") "against: [b]\n" WHEN("m", "1"));
	put_file("b.yaml", RULE("b", "3"));
	assert_int_equal(detect_load(&d, dirs, &e), 0);
	assert_int_equal(detect_at(d, 0)->nagainst, 1);
	assert_string_equal(detect_at(d, 0)->against[0].p, "b");
	detect_free(d);
	put_file("b.yaml", "rule: b\noff: true\n");
	assert_int_equal(detect_load(&d, dirs, &e), 0);
	detect_free(d);
	put_file("b.yaml", RULE("b", "3") "against: [a]\n");
	assert_int_equal(detect_load(&d, dirs, &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "a.yaml:5: 'b' takes others away itself"));
}

/* A file may stand where a folder does. */
static void
one_file_is_loaded_over_a_folder(void **state)
{
	char file[128];
	const char *paths[] = {folder, file, NULL};
	struct detect *d;
	struct err e;

	(void)state;
	put_file("a.yaml", RULE("a", "3"));
	put_file("try.txt", RULE("a", "9"));
	snprintf(file, sizeof(file), "%s/try.txt", folder);
	assert_int_equal(detect_load(&d, paths, &e), 0);
	assert_int_equal(detect_count(d), 1);
	assert_true(detect_at(d, 0)->when[0].value == 9);
	assert_int_equal(detect_at(d, 0)->from, 1);
	detect_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shipped_rules_load_in_order),
	    cmocka_unit_test_setup_teardown(
	        rules_against_rules, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        one_file_is_loaded_over_a_folder, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        a_later_folder_replaces_and_removes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
	        bad_rules_are_refused_with_their_line, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
