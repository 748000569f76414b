/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;
static struct err err;

static const struct yaml_node *
read_ok(const char *text)
{
	const struct yaml_node *n = NULL;
	int rc = yaml_read(&n, str_z(text), "t.yaml", &arena, &err);

	if (rc != 0)
		print_error("%s\n", err.text);
	assert_int_equal(rc, 0);
	return n;
}

static void
assert_refused(const char *text, const char *message)
{
	const struct yaml_node *n = NULL;

	assert_int_equal(
	    yaml_read(&n, str_z(text), "t.yaml", &arena, &err), ERR_USAGE);
	assert_string_equal(err.text, message);
	assert_null(n);
}

static void
test_tree(void **state)
{
	const struct yaml_node *n, *list;
	struct str s;
	int64_t v;
	bool b;

	(void)state;
	n = read_ok("a: 12\n"
	            "# comment\n"
	            "list:\n"
	            "  - one\n"
	            "  - {x: 'no', y: yes}\n"
	            "none:\n");
	assert_int_equal(n->kind, YAML_MAP);
	assert_int_equal(n->n, 3);
	assert_int_equal(yaml_i64(yaml_get(n, "a"), 0, 99, &v, &err), 0);
	assert_int_equal(v, 12);
	list = yaml_get(n, "list");
	assert_int_equal(list->kind, YAML_SEQ);
	assert_int_equal(list->line, 3);
	assert_int_equal(list->n, 2);
	assert_string_equal(list->first->text.p, "one");
	assert_int_equal(list->first->line, 4);
	n = list->first->next;
	assert_int_equal(yaml_bool(yaml_get(n, "y"), &b, &err), 0);
	assert_true(b);
	assert_int_equal(yaml_bool(yaml_get(n, "x"), &b, &err), ERR_USAGE);
	assert_string_equal(err.text, "t.yaml:5: x: 'no' is not true or false");
	assert_int_equal(yaml_text(yaml_get(n, "x"), &s, &err), 0);
	assert_true(str_eq(s, STR("no")));
	assert_null(yaml_get(n, "z"));
	assert_null(yaml_get(NULL, "z"));
}

static void
test_empty(void **state)
{
	(void)state;
	assert_int_equal(read_ok("")->kind, YAML_MAP);
	assert_int_equal(read_ok("# nothing\n---\n")->n, 0);
	assert_true(yaml_is_null(yaml_get(read_ok("a:\n"), "a")));
	assert_true(yaml_is_null(yaml_get(read_ok("a: ~\n"), "a")));
	assert_false(yaml_is_null(yaml_get(read_ok("a: ''\n"), "a")));
}

static void
test_refused(void **state)
{
	(void)state;
	assert_refused("a: 1\nb: 2\na: 3\n",
	    "t.yaml:3: key 'a' stands twice, first in line 1");
	assert_refused("a: &x 1\n", "t.yaml:1: anchors are not allowed here");
	assert_refused(
	    "a: 1\nb: *x\n", "t.yaml:2: aliases are not allowed here");
	assert_refused("a: !!int 1\n", "t.yaml:1: tags are not allowed here");
	assert_refused("[a, b]: 1\n", "t.yaml:1: a key must be plain text");
	assert_refused("a: 1\n---\nb: 1\n",
	    "t.yaml:2: a second document is not allowed here");
	assert_refused(
	    "a: [1\nb: 2\n", "t.yaml:2: did not find expected ',' or ']'");
}

static void
test_deep(void **state)
{
	char text[200];

	(void)state;
	memset(text, '[', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_refused(text, "t.yaml:1: nested too deeply");
}

static void
test_types(void **state)
{
	const struct yaml_node *n = read_ok("a: 12x\nb: [1]\nc: \"x\\0y\"\n"
	                                    "d: 200\ne: 1.5\nf: '1'\n");
	static const char *const keys[] = {"a", "b", "c", "d", "e", NULL};
	struct str s;
	double f;
	int64_t v;

	(void)state;
	assert_int_equal(yaml_i64(yaml_get(n, "a"), 0, 9, &v, &err), ERR_USAGE);
	assert_string_equal(
	    err.text, "t.yaml:1: a: '12x' is not a whole number");
	assert_int_equal(yaml_text(yaml_get(n, "b"), &s, &err), ERR_USAGE);
	assert_string_equal(err.text, "t.yaml:2: b must be a value");
	assert_int_equal(yaml_text(yaml_get(n, "c"), &s, &err), ERR_USAGE);
	assert_int_equal(
	    yaml_i64(yaml_get(n, "d"), 0, 100, &v, &err), ERR_USAGE);
	assert_string_equal(err.text, "t.yaml:4: d: 200 is not within 0..100");
	assert_int_equal(yaml_double(yaml_get(n, "e"), &f, &err), 0);
	assert_true(f > 1.49 && f < 1.51);
	assert_int_equal(yaml_i64(yaml_get(n, "f"), 0, 9, &v, &err), ERR_USAGE);
	assert_int_equal(yaml_only(n, keys, &err), ERR_USAGE);
	assert_string_equal(err.text, "t.yaml:6: unknown key 'f'");
	assert_int_equal(yaml_want(n, YAML_SEQ, &err), ERR_USAGE);
	assert_string_equal(err.text, "t.yaml:1: expected a list, found a map");
}

static void
test_file(void **state)
{
	const struct yaml_node *n;

	(void)state;
	assert_int_equal(
	    yaml_load(&n, "/nonexistent/x.yaml", &arena, &err), ERR_USAGE);
	assert_string_equal(
	    err.text, "/nonexistent/x.yaml: No such file or directory");
	assert_int_equal(yaml_load(&n, "/", &arena, &err), ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tree),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_file),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	arena_free(&arena);
	return rc;
}
